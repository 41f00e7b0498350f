namespace Agents.LocalRuntime.Actors.Turns;

/// <summary>A call chain came back to an actor more often than its maxStackDepth allows.</summary>
internal sealed class StackDepthException() : Resiliency.PermanentException("maximum stack depth exceeded");

/// <summary>More calls wait for one actor than are ever reasonable.</summary>
internal sealed class QueueFullException(int limit) : Exception($"more than {limit} calls wait for this actor");

/// <summary>
/// The lock of one actor: one turn at a time, first come first served. A call of the chain that holds the lock enters
/// at once, up to a depth.
/// </summary>
internal sealed class TurnQueue
{
    public const int MostWaiting = 10_000;

    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiting = new();
    private string? _chain;
    private int _depth;

    /// <param name="chain">The call chain's id where the actor is reentrant; null for a call that always waits its turn.</param>
    /// <param name="deepest">How often one chain may be inside.</param>
    /// <param name="first">Goes before all that wait.</param>
    /// <param name="cancel">Gives up waiting.</param>
    /// <returns>Whether the call's own chain had the lock already.</returns>
    /// <exception cref="StackDepthException">The chain is inside too often.</exception>
    /// <exception cref="QueueFullException">Too many wait.</exception>
    public async ValueTask<bool> EnterAsync(string? chain, int deepest, bool first, CancellationToken cancel)
    {
        LinkedListNode<Waiter> node;
        lock (_lock)
        {
            if (_depth == 0)
            {
                Hold(chain);
                return false;
            }

            if (chain is not null && chain == _chain)
            {
                if (_depth >= deepest) throw new StackDepthException();
                _depth++;
                return true;
            }

            if (_waiting.Count >= MostWaiting) throw new QueueFullException(MostWaiting);
            var waiter = new Waiter(chain);
            node = first ? _waiting.AddFirst(waiter) : _waiting.AddLast(waiter);
        }

        await using var registration = cancel.UnsafeRegister(_ => GiveUp(node, cancel), null);
        await node.Value.Granted.Task;
        return false;
    }

    /// <summary>Takes the lock only if nobody has it.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_depth > 0) return false;
            Hold(null);
            return true;
        }
    }

    public void Exit()
    {
        Waiter? next = null;
        lock (_lock)
        {
            if (--_depth > 0) return;
            _chain = null;
            if (_waiting.First is { } node)
            {
                next = node.Value;
                _waiting.Remove(node);
                Hold(next.Chain);
            }
        }

        next?.Granted.SetResult();
    }

    private void Hold(string? chain) => (_chain, _depth) = (chain, 1);

    private void GiveUp(LinkedListNode<Waiter> node, CancellationToken cancel)
    {
        lock (_lock)
        {
            // Granted meanwhile: the caller has the lock and will see its token itself.
            if (node.List is null) return;
            _waiting.Remove(node);
        }

        node.Value.Granted.SetCanceled(cancel);
    }

    private sealed record Waiter(string? Chain)
    {
        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
