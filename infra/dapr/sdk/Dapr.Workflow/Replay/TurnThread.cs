namespace Dapr.Workflow.Replay;

/// <summary>
/// Runs the code of a workflow on the thread of its turn only, in an order that is the same each time. What the code awaits of its
/// context continues here; what it awaits of others comes back on their threads, and is turned away.
/// </summary>
internal sealed class TurnThread : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _queue = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private volatile bool _hasEnded;

    /// <summary>Whether the caller is the code of the workflow, within its turn.</summary>
    public bool IsHere => !_hasEnded && Environment.CurrentManagedThreadId == _thread;

    /// <summary>Takes a continuation. One from another thread is dropped: it was never the workflow's to wait for.</summary>
    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsHere) _queue.Enqueue((d, state));
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("A workflow has one thread.");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs code of the workflow, and then all that follows from it until it waits.</summary>
    public void Run(Action code)
    {
        SetSynchronizationContext(this);
        try
        {
            code();
            while (_queue.TryDequeue(out var next)) next.Callback(next.State);
        }
        finally
        {
            SetSynchronizationContext(null);
        }
    }

    public void End() => _hasEnded = true;
}
