using System.Globalization;
using Agents.Defaults.Identity;
using Agents.Inference.Admission;
using Agents.Inference.Cache;
using Agents.Inference.Calls;
using Agents.Inference.Deployments;
using Agents.Inference.Resilience;
using Agents.Inference.Routing;

namespace Agents.Inference.Completions;

/// <summary>
/// One chat from request to answer: admission, budget, exact cache, route, endpoint, answer, account. Places for a semantic cache
/// (after the exact one), for a learned choice (the route's candidates) and for rollouts (the deployment's version) are where their
/// plainer forms stand.
/// </summary>
internal sealed class ChatHandler(
    AdmissionGate gate, Catalog catalog, CallBook calls, ExactCache cache, CachePurges purges, Attempts attempts, TimeProvider time)
{
    private const string CacheState = "x-cache";

    public async Task<IResult> HandleAsync(HttpContext context, Caller caller)
    {
        if (gate.TryEnter(context.Request.ContentLength, out var ticket) is { } full)
            return full;
        using var place = ticket;
        var cancellationToken = context.RequestAborted;
        using var request = await ChatRequestReader.ReadAsync(context.Request, cancellationToken);
        if (catalog.Find(request.Model) is not { } route)
            return catalog.Refusal(request.Model, chat: true);
        return await calls.RunAsync(CallWork.Chat(request, route.HighestMaxOutputTokens), route, caller, context, call =>
        {
            var policy = CachePolicy.Of(route, context.Request);
            return policy.IsOff
                ? AnswerAsync(context, request, route, call, null, cancellationToken)
                : AnswerAsync(context, request, route, call, policy, CacheKey.Of(caller.Tenant, purges.Of(caller.Tenant), route, request), cancellationToken);
        });
    }

    private async Task AnswerAsync(
        HttpContext context, ChatRequest request, ModelRoute route, Call call, CachePolicy policy, string key, CancellationToken cancellationToken)
    {
        Flight? flight = null;
        if (policy.Reads)
        {
            var found = await cache.FindAsync(key, policy, cancellationToken);
            while (found is null)
            {
                flight = cache.Join(key, policy, out var leads);
                if (leads)
                    break;
                found = await flight.Landed.WaitAsync(cancellationToken);
            }
            if (found is not null)
            {
                await ReplayAsync(context, request, route, call, found, cancellationToken);
                return;
            }
        }
        context.Response.Headers[CacheState] = "miss";
        CachedAnswer? answer = null;
        try
        {
            answer = await AnswerAsync(context, request, route, call, [], cancellationToken);
        }
        finally
        {
            // Those who wait learn in any case; the leader's client may be gone by now.
            await cache.LandAsync(key, flight, answer, policy.Ttl);
        }
    }

    /// <param name="kept">Collects what the cache keeps; null when it keeps nothing.</param>
    /// <returns>The complete answer, if it was collected and may be kept.</returns>
    private async Task<CachedAnswer?> AnswerAsync(
        HttpContext context, ChatRequest request, ModelRoute route, Call call, List<ReadOnlyMemory<byte>>? kept, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(route.TotalTimeout, time, cancellationToken);
        // Only a budget has to know the longest answer; nobody else's is cut.
        int? maxTokens = call.IsLimited && request.MaxTokens is null ? route.HighestMaxOutputTokens : null;
        var begun = await attempts.BeginAsync(
            route, Usage.TokensIn(request.Json.Length),
            (deployment, upstream) => deployment.Provider!.BeginAsync(request, deployment, upstream, maxTokens, deadline), deadline);
        await using var answer = new RoutedAnswer(begun);
        call.At(begun.Deployment, begun.FellBack);
        if (request.Stream)
        {
            await StreamedAnswer.SendAsync(answer, request, call, new EventStream(context.Response), kept, time, cancellationToken);
        }
        else
        {
            call.Observe(answer.Current);
            var usage = call.UsageJson();
            await WholeAnswer.SendAsync(WholeAnswer.Compose(answer.Current, usage), context.Response, cancellationToken);
            call.Succeed();
            var (before, after) = answer.Current.WithoutUsage();
            kept?.Add(after.IsEmpty ? before : (byte[])[.. before.Span, .. after.Span]);
        }
        answer.Tokens = call.Tokens;
        return kept is { Count: > 0 } && call.HasSucceeded
            ? CachedAnswer.From(answer.Deployment.Id, call.Version, time.GetUtcNow().ToUnixTimeSeconds(), kept, call.FreeUsageJson())
            : null;
    }

    private async Task ReplayAsync(
        HttpContext context, ChatRequest request, ModelRoute route, Call call, CachedAnswer answer, CancellationToken cancellationToken)
    {
        call.Hit(route.Targets.FirstOrDefault(target => target.Id == answer.Deployment) ?? route.Targets[0], answer.Version);
        context.Response.Headers[CacheState] = "hit";
        context.Response.Headers.Age = ((int)cache.Age(answer).TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (request.Stream)
        {
            var events = new EventStream(context.Response);
            events.Begin();
            var last = ReadOnlyMemory<byte>.Empty;
            foreach (var document in answer.Documents())
                events.Write(last = document);
            if (request.IncludeUsage)
                events.Write(StreamedAnswer.UsageChunk(last, answer.Usage));
            events.WriteDone();
            await events.FlushAsync(cancellationToken);
        }
        else
        {
            var document = AnswerDocument.Read(answer.Documents().Single());
            await WholeAnswer.SendAsync(WholeAnswer.Compose(document, answer.Usage), context.Response, cancellationToken);
        }
        call.Succeed();
    }
}
