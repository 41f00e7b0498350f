namespace Dapr.Workflow.Grpc;

/// <summary>Waits that double, with a random part, so that those who lost the same sidecar do not all come back at once.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, TimeProvider time)
{
    private TimeSpan? _next;

    public void Reset() => _next = null;

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        var wait = _next ?? first;
        _next = wait * 2 < longest ? wait * 2 : longest;
        return Task.Delay(wait * (0.5 + (Random.Shared.NextDouble() / 2)), time, cancellationToken);
    }
}
