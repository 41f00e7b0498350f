namespace Agents.LocalRuntime.Resiliency;

/// <summary>A refusal by a healthy target: no retry can mend it and no circuit breaker counts it.</summary>
internal class PermanentException(string message) : Exception(message);

/// <summary>
/// What a Resiliency resource says about one target: retry( circuit breaker( timeout( call ))). The policy without
/// any rule just makes the call.
/// </summary>
internal sealed class Policy(TimeSpan? timeout, RetryOptions? retry, CircuitBreaker? breaker, TimeProvider time)
{
    /// <summary>Makes the call once, unbounded.</summary>
    public static readonly Policy None = new(null, null, null, TimeProvider.System);

    /// <summary>True when a call may be made more than once.</summary>
    public bool Retries => retry is not null;

    /// <summary>The same policy for a call that cannot be repeated.</summary>
    public Policy WithoutRetries() => new(timeout, null, breaker, time);

    public bool IsNone => timeout is null && retry is null && breaker is null;

    /// <param name="attempt">The call; its token ends with the timeout.</param>
    /// <param name="failure">The HTTP status by which a result counts as a failure, or null for a success.</param>
    /// <param name="discard">Takes a failed result that is followed by a retry.</param>
    /// <param name="cancel">Ends everything.</param>
    /// <returns>The first success, or the last failed result.</returns>
    /// <exception cref="TimeoutException">The last attempt took too long.</exception>
    public async Task<T> RunAsync<T>(
        Func<CancellationToken, Task<T>> attempt, Func<T, int?> failure, Action<T>? discard, CancellationToken cancel)
    {
        if (IsNone) return await attempt(cancel);
        for (var retries = 0; ; retries++)
        {
            try
            {
                var result = await OnceAsync(attempt, failure, cancel);
                if (failure(result) is not { } status || retry is null || !retry.Allows(retries, status)) return result;
                discard?.Invoke(result);
            }
            catch (Exception error) when (retry is not null && error is not PermanentException && !cancel.IsCancellationRequested &&
                retry.Allows(retries, null))
            {
                // The next attempt follows; the last error is thrown to the caller.
            }

            await Task.Delay(retry.WaitBefore(retries), time, cancel);
        }
    }

    private async Task<T> OnceAsync<T>(Func<CancellationToken, Task<T>> attempt, Func<T, int?> failure, CancellationToken cancel)
    {
        var generation = breaker?.Enter() ?? 0;
        var success = false;
        try
        {
            var result = await TimedAsync(attempt, cancel);
            success = failure(result) is null;
            return result;
        }
        catch (PermanentException)
        {
            success = true;
            throw;
        }
        finally
        {
            breaker?.Report(generation, success);
        }
    }

    private async Task<T> TimedAsync<T>(Func<CancellationToken, Task<T>> attempt, CancellationToken cancel)
    {
        if (timeout is not { } limit) return await attempt(cancel);
        using var deadline = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            return await attempt(both.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new TimeoutException("context deadline exceeded");
        }
    }
}
