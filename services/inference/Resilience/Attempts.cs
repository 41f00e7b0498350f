using Agents.Defaults.Errors;
using Agents.Inference.Deployments;
using Agents.Inference.Providers;
using Agents.Inference.Routing;

namespace Agents.Inference.Resilience;

/// <summary>
/// Gets an answer, or the first document of a streamed one: at most three attempts over all endpoints and deployments of a route. What
/// failed elsewhere is tried where it has not been tried yet, at once; only the same place again is waited for, with jitter.
/// </summary>
internal sealed partial class Attempts(TimeProvider time, ILogger<Attempts> logger)
{
    private const int Most = 3;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);

    // A timer may fire that much too early.
    private static readonly TimeSpan TimerError = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <param name="promptTokens">An estimate; deployments that are too small for it are passed over.</param>
    /// <param name="attempt">One attempt at one place.</param>
    /// <exception cref="ProviderException">No target gave an answer.</exception>
    public async Task<Attempt<T>> BeginAsync<T>(
        ModelRoute route, long promptTokens, Func<Deployment, Upstream, Task<T>> attempt, Deadline deadline)
    {
        var choice = new Choice(route.Candidates(promptTokens));
        ProviderException? last = null;
        for (var count = 1; ; count++)
        {
            var (deployment, upstream) = await PlaceAsync(choice, last, count, deadline);
            try
            {
                var answer = await attempt(deployment, upstream);
                upstream.Succeeded();
                return new Attempt<T>(answer, deployment, upstream, deployment != route.Targets[0] && count > 1);
            }
            catch (ProviderException failure)
            {
                Note(upstream, failure);
                upstream.End();
                choice.Failed(deployment, upstream, failure.Repeat);
                if (failure.Repeat == Repeat.Nowhere || count == Most || !choice.HasMore)
                    throw;
                TryingAgain(logger, deployment.Id, count, failure.Problem.Code);
                last = failure;
            }
            catch
            {
                upstream.End();
                throw;
            }
        }
    }

    /// <summary>What a failure says about its upstream.</summary>
    internal static void Note(Upstream upstream, ProviderException failure)
    {
        if (failure.Problem.Status == StatusCodes.Status429TooManyRequests)
            upstream.RateLimited(failure.Problem.RetryAfter ?? TimeSpan.FromSeconds(1));
        else if (failure.Problem.Status >= StatusCodes.Status500InternalServerError)
            upstream.Failed();
    }

    private async Task<(Deployment, Upstream)> PlaceAsync(Choice choice, ProviderException? last, int attempt, Deadline deadline)
    {
        if (choice.TryTake(last is null, out var place, out var refusal))
            return place;
        // A first attempt does not queue up behind a limit.
        if (last is null)
            throw Refused(refusal);
        // Nobody waits for an endpoint that is left alone because it fails, nor for longer than a caller would.
        var wait = Longer(last.Problem.RetryAfter ?? Backoff(attempt), refusal.Wait);
        if (refusal is { Wait.Ticks: > 0, RateLimited: false } || wait > LongestWait)
            throw last;
        do
        {
            try
            {
                await Task.Delay(wait, time, deadline.Token);
            }
            catch (OperationCanceledException exception) when (deadline.TimedOut)
            {
                // The whole call's time ran out while it waited for its next attempt.
                throw new ProviderException(new Problem(504, "provider_timeout", "The provider took too long."), inner: exception);
            }
            if (choice.TryTake(anywhere: true, out place, out refusal))
                return place;
            wait = refusal.Wait;
        }
        while (wait <= TimerError);
        throw last;
    }

    // A quarter to three quarters of the doubled delay on top, so that callers who failed together do not come back together.
    private static TimeSpan Backoff(int attempt) => FirstDelay * (1 << (attempt - 2)) * (0.75 + (Random.Shared.NextDouble() * 0.5));

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static ProviderException Refused(Upstream.Refusal refusal) => new(refusal.RateLimited
        ? new Problem(429, "provider_rate_limited", "The provider takes no more requests at the moment.", RetryAfter: refusal.Wait)
        : Problem.Unavailable("provider_resting", "The provider failed several times in a row and is left alone for a moment.", refusal.Wait));

    [LoggerMessage(LogLevel.Warning, "Attempt {Attempt} failed at {Deployment} with {Code}; trying again")]
    private static partial void TryingAgain(ILogger logger, string deployment, int attempt, string code);
}

/// <summary>An answer and where it comes from. Whoever has it must end the call at <paramref name="Upstream"/>.</summary>
/// <param name="FellBack">Another target had failed before.</param>
internal sealed record Attempt<T>(T Answer, Deployment Deployment, Upstream Upstream, bool FellBack);
