using Agents.LocalRuntime.Actors.Hosting;

namespace Agents.LocalRuntime.Actors.Turns;

/// <summary>The actors of a namespace that are somewhere or are being called.</summary>
internal sealed class ActorTable
{
    private const int MostActors = 1_000_000;
    private static readonly TimeSpan BreakOffInterval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly Dictionary<ActorKey, Activation> _activations = [];

    /// <summary>Waits for the actor's lock.</summary>
    /// <inheritdoc cref="TurnQueue.EnterAsync"/>
    public async ValueTask<Turn> EnterAsync(ActorKey key, string? chain, int deepest, CancellationToken cancel)
    {
        var activation = Acquire(key);
        try
        {
            return new(this, activation, await activation.Turns.EnterAsync(chain, deepest, first: false, cancel));
        }
        catch
        {
            Release(activation);
            throw;
        }
    }

    /// <summary>Waits at the head of the queue; the turn under way is broken off after a while.</summary>
    /// <param name="activation">Whose lock is wanted.</param>
    /// <param name="patience">How long the turn under way may go on.</param>
    /// <param name="wanted">Whether there is still a reason to break it off.</param>
    /// <param name="time">The clock.</param>
    public async Task<Turn> TakeAsync(Activation activation, TimeSpan patience, Func<bool> wanted, TimeProvider time)
    {
        lock (_lock) activation.Users++;
        var entering = activation.Turns.EnterAsync(null, 1, first: true, CancellationToken.None).AsTask();
        if (!entering.IsCompleted && patience > TimeSpan.Zero) await Task.WhenAny(entering, Task.Delay(patience, time));
        while (!entering.IsCompleted)
        {
            // Again and again, since a call of the chain under way may come in meanwhile.
            if (wanted()) activation.BreakOff();
            await Task.WhenAny(entering, Task.Delay(BreakOffInterval, time));
        }

        await entering;
        return new(this, activation, isNested: false);
    }

    /// <summary>The lock, if nobody wants it at this moment.</summary>
    public Turn? TryTake(Activation activation)
    {
        lock (_lock)
        {
            if (activation.Users > 0 || !activation.Turns.TryEnter()) return null;
            activation.Users++;
            return new(this, activation, isNested: false);
        }
    }

    /// <summary>Forgets an activation that nobody uses and that is nowhere.</summary>
    public void Release(Activation activation)
    {
        lock (_lock)
        {
            if (--activation.Users > 0 || activation.Host is not null) return;
            if (_activations.GetValueOrDefault(activation.Key) != activation) return;
            _activations.Remove(activation.Key);
            activation.Dispose();
        }
    }

    /// <summary>Whether the actor is on this host.</summary>
    public bool IsOn(ActorKey key, ActorHost host)
    {
        lock (_lock) return _activations.TryGetValue(key, out var activation) && activation.Host == host;
    }

    /// <summary>All actors that are on some host.</summary>
    public List<Activation> Placed()
    {
        lock (_lock) return [.. _activations.Values.Where(activation => activation.Host is not null)];
    }

    private Activation Acquire(ActorKey key)
    {
        lock (_lock)
        {
            if (!_activations.TryGetValue(key, out var activation))
            {
                if (_activations.Count >= MostActors) throw new InvalidOperationException($"more than {MostActors} actors are active");
                _activations[key] = activation = new(key);
            }

            activation.Users++;
            return activation;
        }
    }
}
