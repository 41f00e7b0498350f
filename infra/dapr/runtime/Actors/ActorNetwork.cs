using Agents.LocalRuntime.Actors.Hosting;
using Agents.LocalRuntime.Actors.Schedules;
using Agents.LocalRuntime.Actors.Turns;

namespace Agents.LocalRuntime.Actors;

/// <summary>The actors of one namespace: all sidecars, where each actor is, and the ways to them.</summary>
internal sealed class ActorNetwork
{
    private readonly Lock _lock = new();
    private readonly List<ActorHost> _hosts = [];
    private readonly TimeProvider _time;

    public ActorNetwork(string name, AlarmClock alarms, TimeProvider time, ILoggerFactory logs)
    {
        (Name, Alarms, _time) = (name, alarms, time);
        Router = new(this, time);
        Timers = new(this, time, logs.CreateLogger<ActorTimers>());
    }

    /// <summary>The namespace.</summary>
    public string Name { get; }

    public AlarmClock Alarms { get; }

    public Placement Placement { get; } = new();

    public ActorTable Table { get; } = new();

    public ActorRouter Router { get; }

    public ActorTimers Timers { get; }

    /// <summary>Some app has an actor state store; without one there are no actors here.</summary>
    public bool IsEnabled { get; private set; }

    public void Add(ActorHost host)
    {
        lock (_lock) _hosts.Add(host);
        IsEnabled |= host.Store is not null;
    }

    /// <summary>
    /// Takes hosts as they are now. Actors that belong elsewhere leave: turns under way get their time, the app is told,
    /// and the calls that wait are made where the actor belongs. Completes when all have left.
    /// </summary>
    public Task RearrangeAsync()
    {
        lock (_lock) Placement.Update(_hosts);
        var leaving = new List<Task>();
        foreach (var activation in Table.Placed())
        {
            if (activation.Host is { } host && Placement.Home(activation.Key) != host) leaving.Add(LeaveAsync(activation, host));
        }

        return Task.WhenAll(leaving);
    }

    /// <summary>Puts the actor of a turn where it belongs. Null when that is nowhere.</summary>
    public async ValueTask<ActorHost?> SettleAsync(Turn turn)
    {
        var activation = turn.Activation;
        if (turn.IsNested) return activation.Host;
        var home = Placement.Find(activation.Key);
        if (activation.Host == home) return home;
        if (activation.Host is not null) await LetGoAsync(activation);
        if (home is not { IsUp: true }) return home;
        activation.LastUsed = _time.GetUtcNow();
        return activation.Host = home;
    }

    /// <summary>Sees to it that the actor is let go when nobody has called it for its idle timeout.</summary>
    public void WatchIdle(Activation activation)
    {
        if (activation.IdleAlarm is not null || activation.Host is not { } host) return;
        activation.IdleAlarm = Alarms.Set(activation.LastUsed + host.Settings(activation.Key.Type).IdleTimeout, () => _ = CheckIdleAsync(activation));
    }

    private async Task CheckIdleAsync(Activation activation)
    {
        // Whoever uses the actor now sets the next alarm when done.
        activation.IdleAlarm = null;
        if (Table.TryTake(activation) is not { } turn) return;
        using (turn)
        {
            if (activation.Host is { } host && activation.LastUsed + host.Settings(activation.Key.Type).IdleTimeout <= _time.GetUtcNow())
                await LetGoAsync(activation);
        }

        WatchIdle(activation);
    }

    private async Task LeaveAsync(Activation activation, ActorHost from)
    {
        var settings = from.Settings(activation.Key.Type);
        // Also of an app that is gone: its connections end by themselves, with an answer if it only closed its door.
        using var turn = await Table.TakeAsync(activation, settings.DrainRebalanced ? settings.DrainTimeout : TimeSpan.Zero, MustLeave, _time);
        if (MustLeave()) await LetGoAsync(activation);

        bool MustLeave() => activation.Host == from && Placement.Home(activation.Key) != from;
    }

    private async Task LetGoAsync(Activation activation)
    {
        var host = activation.Host!;
        activation.IdleAlarm?.Dispose();
        activation.IdleAlarm = null;
        Timers.Drop(activation.Key);
        await host.DeactivateAsync(activation.Key);
        activation.Host = null;
    }
}
