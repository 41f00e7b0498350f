using Agents.LocalRuntime.Invocation;
using Agents.LocalRuntime.Resiliency;
using Agents.LocalRuntime.Sqlite;

namespace Agents.LocalRuntime.Actors.Schedules;

/// <summary>Fires the reminders of one database, those of all namespaces, each when it is due and a host of its type is up.</summary>
internal sealed partial class Reminders(ReminderStore store, ActorSystem system, TimeProvider time, ILogger<Reminders> log) : IAsyncDisposable
{
    private const int MostAtOnce = 1_000;

    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _slots = new(MostAtOnce);
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Alarm> _alarms = [];
    private int _running;
    private bool _started;

    /// <summary>Takes up what an earlier process left.</summary>
    public void Start()
    {
        lock (_lock)
        {
            if (_started) return;
            _started = true;
        }

        foreach (var (id, next) in store.All()) Arm(id, next);
    }

    /// <inheritdoc cref="ReminderStore.AddAsync"/>
    public async Task CreateAsync(Reminder reminder, bool overwrite)
    {
        var (id, replaced) = await store.AddAsync(reminder, overwrite);
        if (replaced is { } old) Disarm(old);
        Arm(id, reminder.Next);
    }

    public Reminder? Find(string ownNamespace, ActorKey actor, string name) => store.Find(ownNamespace, actor, name);

    public async Task DeleteAsync(string ownNamespace, ActorKey actor, string name)
    {
        if (await store.RemoveAsync(ownNamespace, actor, name) is { } id) Disarm(id);
    }

    /// <summary>Ends firing; what is under way and not yet noted is fired again by the next process.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        lock (_lock)
        {
            foreach (var alarm in _alarms.Values) alarm.Dispose();
            _alarms.Clear();
        }

        while (Volatile.Read(ref _running) > 0) await Task.Delay(TimeSpan.FromMilliseconds(10), time);
    }

    private void Arm(long id, long next)
    {
        lock (_lock)
        {
            if (_stop.IsCancellationRequested) return;
            _alarms[id] = system.Alarms.Set(DateTimeOffset.FromUnixTimeMilliseconds(next), () => _ = FireAsync(id));
        }
    }

    private void Disarm(long id)
    {
        lock (_lock)
        {
            if (_alarms.Remove(id, out var alarm)) alarm.Dispose();
        }
    }

    private async Task FireAsync(long id)
    {
        lock (_lock)
        {
            _alarms.Remove(id);
            if (_stop.IsCancellationRequested) return;
            _running++;
        }

        try
        {
            await FireDueAsync(id);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The runtime stops; the reminder is still in the table as it was.
        }
        catch (SqliteException error)
        {
            // A locked or full database: the reminder is still in the table, and comes again.
            LogStore(log, error.Message);
            Arm(id, (time.GetUtcNow() + Again).ToUnixTimeMilliseconds());
        }
        catch (Exception error)
        {
            // Whatever it was: a reminder that is in the table must not fall silent.
            LogBroken(log, error);
            Arm(id, (time.GetUtcNow() + Again).ToUnixTimeMilliseconds());
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private async Task FireDueAsync(long id)
    {
        if (store.Find(id) is not { } reminder) return;
        var network = system.Network(reminder.Namespace);
        await WaitForHostAsync(network, reminder.Actor.Type);
        await _slots.WaitAsync(_stop.Token);
        bool taken;
        try
        {
            // It may have waited long, and another may have come in its place.
            if (store.Find(id) is not { } current) return;
            reminder = current;
            if (reminder.IsOver || reminder.Expires < time.GetUtcNow().ToUnixTimeMilliseconds())
            {
                await store.RemoveAsync(id);
                return;
            }

            taken = await CallAsync(network, reminder);
        }
        finally
        {
            _slots.Release();
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if ((taken ? reminder.AfterSuccess(now) : reminder.AfterFailure(now)) is { IsOver: false } next)
        {
            if (await store.AdvanceAsync(next)) Arm(id, next.Next);
        }
        else
        {
            await store.RemoveAsync(id);
        }
    }

    private async Task WaitForHostAsync(ActorNetwork network, string type)
    {
        while (true)
        {
            var changed = network.Placement.Changed;
            if (network.Placement.IsHosted(type)) return;
            await changed.WaitAsync(_stop.Token);
        }
    }

    private async Task<bool> CallAsync(ActorNetwork network, Reminder reminder)
    {
        if (network.Placement.Find(reminder.Actor) is not { } home) return false;
        var call = new ActorCall(home, reminder.Actor, "method/remind/" + MethodPath.Escape(reminder.Name), FiringBody.OfReminder(reminder.Data))
        {
            Headers = [KeyValuePair.Create("Content-Type", (string[])["application/json"])],
        };
        try
        {
            var answer = await network.Router.CallAsync(call, _stop.Token);
            if (answer.Status == 200) return true;
            LogFailed(log, reminder.Actor.Type, reminder.Name, $"({answer.Status})");
        }
        catch (Exception error) when (error is ActorCallException or TimeoutException or CircuitOpenException or PermanentException or Turns.QueueFullException)
        {
            LogFailed(log, reminder.Actor.Type, reminder.Name, error.Message);
        }

        return false;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Reminder {Name} of an actor {Type} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string type, string name, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Firing a reminder broke")]
    private static partial void LogBroken(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The reminders' database failed: {Problem}")]
    private static partial void LogStore(ILogger logger, string problem);
}
