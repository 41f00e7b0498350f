using Agents.LocalRuntime.Actors.Schedules;
using Agents.LocalRuntime.Sqlite;

namespace Agents.LocalRuntime.Actors;

/// <summary>All actors of the process: a network per namespace, reminders per database, one clock.</summary>
internal sealed class ActorSystem(TimeProvider time, ILoggerFactory logs) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ActorNetwork> _networks = [];
    private readonly Dictionary<SqliteDatabase, Reminders> _reminders = [];

    public AlarmClock Alarms { get; } = new(time);

    public ActorNetwork Network(string ownNamespace)
    {
        lock (_lock)
        {
            return _networks.TryGetValue(ownNamespace, out var network) ? network
                : _networks[ownNamespace] = new(ownNamespace, Alarms, time, logs);
        }
    }

    public Reminders Reminders(SqliteDatabase database)
    {
        lock (_lock)
        {
            return _reminders.TryGetValue(database, out var reminders) ? reminders
                : _reminders[database] = new(new ReminderStore(database), this, time, logs.CreateLogger<Reminders>());
        }
    }

    /// <summary>Fires nothing more.</summary>
    public async Task StopAsync()
    {
        foreach (var reminders in _reminders.Values) await reminders.DisposeAsync();
        Alarms.Dispose();
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
