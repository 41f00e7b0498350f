using System.Collections.Concurrent;
using Dapr.Workflow.Protocol;

namespace Dapr.Workflow.Worker;

/// <summary>The work taken over one stream. When the stream ends, the sidecar takes back what is not answered and hands it out again.</summary>
/// <param name="complete">Does an item and answers the sidecar; throws <see cref="DaprApiException"/> when the answer did not arrive.</param>
/// <param name="ended">Ends the stream.</param>
internal sealed class WorkerSession(Func<WorkItem, CancellationToken, Task> complete, CancellationTokenSource ended)
{
    /// <summary>How much work is taken from the sidecar before any of it is done.</summary>
    private const int MaxInHand = 1000;

    private readonly WorkerLane _inHand = new(MaxInHand);
    private readonly ConcurrentDictionary<Task, bool> _work = new();
    private volatile bool _takesNoMore;

    /// <summary>Takes items until the stream ends.</summary>
    public async Task TakeAsync(IAsyncEnumerable<WorkItem> stream)
    {
        await foreach (var item in stream)
        {
            if (_takesNoMore) continue;
            await _inHand.EnterAsync(ended.Token);
            var work = DoAsync(item);
            _work.TryAdd(work, true);
            _ = work.ContinueWith(done => _work.TryRemove(done, out _), TaskScheduler.Default);
        }
    }

    /// <summary>Waits for the work in hand, but not for long; new work is left to others.</summary>
    public async Task FinishAsync(TimeSpan patience, TimeProvider time)
    {
        _takesNoMore = true;
        await Task.WhenAny(Task.WhenAll(_work.Keys), Task.Delay(patience, time));
    }

    private async Task DoAsync(WorkItem item)
    {
        // Off the reading loop: a turn begins to run before it first waits.
        await Task.Yield();
        try
        {
            await complete(item, ended.Token);
        }
        catch (Exception error) when (error is DaprApiException or OperationCanceledException)
        {
            // The answer did not arrive. The end of the stream makes the sidecar hand the work out again.
            await ended.CancelAsync();
        }
        finally
        {
            _inHand.Leave();
        }
    }
}
