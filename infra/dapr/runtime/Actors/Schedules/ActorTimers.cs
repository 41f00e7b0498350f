using Agents.LocalRuntime.Actors.Hosting;
using Agents.LocalRuntime.Http;
using Agents.LocalRuntime.Invocation;

namespace Agents.LocalRuntime.Actors.Schedules;

/// <summary>
/// The timers of a namespace: in memory, gone with the actor's activation, and set anew only after their call has ended, so
/// that one timer never runs twice at once.
/// </summary>
internal sealed partial class ActorTimers(ActorNetwork network, TimeProvider time, ILogger<ActorTimers> log)
{
    private const int MostPerActor = 1_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<ActorKey, Dictionary<string, Entry>> _timers = [];

    /// <summary>Adds a timer, or replaces the one of the same name.</summary>
    /// <exception cref="ApiException">A time cannot be read, or the actor has too many.</exception>
    public void Create(ActorHost caller, ActorKey key, string name, ScheduleBody body)
    {
        var entry = new Entry(caller, key, name, FiringBody.OfTimer(body), TimerSchedule.Read(body, time.GetUtcNow()));
        lock (_lock)
        {
            if (!_timers.TryGetValue(key, out var own)) _timers[key] = own = [];
            if (own.Remove(name, out var old)) old.Alarm?.Dispose();
            if (own.Count >= MostPerActor)
                throw new ApiException(500, "ERR_ACTOR_TIMER_CREATE", $"error creating actor timer: the actor has {MostPerActor} timers already");
            own[name] = entry;
            Arm(entry);
        }
    }

    public void Delete(ActorKey key, string name)
    {
        lock (_lock)
        {
            if (!_timers.TryGetValue(key, out var own) || !own.Remove(name, out var entry)) return;
            entry.Alarm?.Dispose();
            if (own.Count == 0) _timers.Remove(key);
        }
    }

    /// <summary>All timers of an actor that is let go.</summary>
    public void Drop(ActorKey key)
    {
        lock (_lock)
        {
            if (!_timers.Remove(key, out var own)) return;
            foreach (var entry in own.Values) entry.Alarm?.Dispose();
        }
    }

    private void Arm(Entry entry) => entry.Alarm = network.Alarms.Set(entry.Schedule.Due, () => _ = FireAsync(entry));

    private async Task FireAsync(Entry entry)
    {
        if (!IsCurrent(entry)) return;
        if (!entry.Schedule.IsOver) await CallAsync(entry);
        lock (_lock)
        {
            if (!IsCurrent(entry)) return;
            if (entry.Schedule.Next(time.GetUtcNow()) is { IsOver: false } next)
            {
                entry.Schedule = next;
                Arm(entry);
                return;
            }
        }

        Delete(entry.Key, entry.Name);
    }

    private async Task CallAsync(Entry entry)
    {
        try
        {
            var answer = await network.Router.CallAsync(entry.Call(), CancellationToken.None);
            if (answer.Status != 200) LogFailed(log, entry.Key.Type, entry.Name, $"({answer.Status})");
        }
        catch (Exception error) when (error is ActorCallException or TimeoutException or Resiliency.CircuitOpenException or Resiliency.PermanentException or Turns.QueueFullException)
        {
            // As in daprd a firing that fails is only logged; the next one comes.
            LogFailed(log, entry.Key.Type, entry.Name, error.Message);
        }
    }

    private bool IsCurrent(Entry entry)
    {
        lock (_lock) return _timers.TryGetValue(entry.Key, out var own) && own.GetValueOrDefault(entry.Name) == entry;
    }

    private sealed class Entry(ActorHost caller, ActorKey key, string name, byte[] body, TimerSchedule schedule)
    {
        public ActorKey Key => key;

        public string Name => name;

        public TimerSchedule Schedule { get; set; } = schedule;

        public Alarm? Alarm { get; set; }

        public ActorCall Call() => new(caller, key, "method/timer/" + MethodPath.Escape(name), body)
        {
            Headers = [KeyValuePair.Create("Content-Type", (string[])["application/json"])],
        };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Timer {Name} of an actor {Type} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string type, string name, string reason);
}
