using Agents.LocalRuntime.Actors.Hosting;
using Agents.LocalRuntime.Actors.Schedules;

namespace Agents.LocalRuntime.Actors.Turns;

/// <summary>
/// One actor: its lock and, once it has been called, the host whose app holds it. The lock outlives the host, so that
/// an actor which moves is never in two places at once.
/// </summary>
internal sealed class Activation(ActorKey key) : IDisposable
{
    private readonly Lock _lock = new();
    private CancellationTokenSource _stay = new();

    public ActorKey Key => key;

    public TurnQueue Turns { get; } = new();

    /// <summary>Where the actor is; written only by the holder of the lock.</summary>
    public ActorHost? Host { get; set; }

    /// <summary>When its last turn ended, in UTC.</summary>
    public DateTimeOffset LastUsed { get; set; }

    /// <summary>Looks at times whether the actor has idled.</summary>
    public Alarm? IdleAlarm { get; set; }

    /// <summary>Callers that hold or await the lock; guarded by the table.</summary>
    public int Users { get; set; }

    /// <summary>Ends when the turn that is under way must end.</summary>
    public CancellationToken Stay
    {
        get
        {
            lock (_lock) return _stay.Token;
        }
    }

    /// <summary>Takes the lock away from the turn under way: its call to the app is broken off.</summary>
    public void BreakOff()
    {
        CancellationTokenSource old;
        lock (_lock) (old, _stay) = (_stay, new());
        old.Cancel();
        old.Dispose();
    }

    public void Dispose() => _stay.Dispose();
}
