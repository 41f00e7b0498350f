using System.Runtime.CompilerServices;

namespace Agents.Conversation.Turns;

/// <summary>
/// A turn that is being answered on this replica: its events so far, and whoever follows them. It runs to its end whether or not
/// anybody listens.
/// </summary>
internal sealed class LiveTurn(string id)
{
    private readonly Lock _gate = new();
    private readonly List<TurnEvent> _events = [];
    private readonly TaskCompletionSource<Turn?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Id => id;

    /// <summary>The turn as it was recorded at its end; null when its session was deleted meanwhile.</summary>
    public Task<Turn?> Ended => _ended.Task;

    public void Add(TurnEvent happened)
    {
        lock (_gate)
        {
            _events.Add(happened);
            _changed.SetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void End(Turn? turn) => _ended.TrySetResult(turn);

    /// <summary>All events from the first on, then live; null stands for a pause of <paramref name="heartbeat"/>.</summary>
    public async IAsyncEnumerable<TurnEvent?> FollowAsync(TimeSpan heartbeat, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var next = 0; ;)
        {
            TurnEvent? happened = null;
            Task changed;
            lock (_gate)
            {
                changed = _changed.Task;
                if (next < _events.Count)
                    happened = _events[next++];
            }
            if (happened is not null)
            {
                yield return happened;
                if (happened.Last)
                    yield break;
            }
            else if (!await ChangedWithinAsync(changed, heartbeat, cancellationToken))
            {
                yield return null;
            }
        }
    }

    private static async Task<bool> ChangedWithinAsync(Task changed, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = await Task.WhenAny(changed, Task.Delay(wait, timer.Token));
        await timer.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return first == changed;
    }
}
