using Agents.LocalRuntime.Actors;
using Agents.LocalRuntime.Faults;
using Agents.LocalRuntime.PubSub;
using Agents.LocalRuntime.Sqlite;
using Agents.LocalRuntime.State;
using Agents.LocalRuntime.Workflows;

namespace Agents.LocalRuntime.Apps;

/// <summary>
/// What stands behind the components, once per process: apps and replicas that load the same component share its
/// store and broker.
/// </summary>
internal sealed class Backends(TimeProvider time, ILoggerFactory logs) : IAsyncDisposable
{
    private readonly SqliteDatabases _databases = new();
    private readonly Dictionary<string, InMemoryStateStore> _memories = [];
    private readonly Dictionary<string, SqliteStateStore> _stores = [];
    private readonly Dictionary<string, SqliteBroker> _brokers = [];
    private readonly Dictionary<(SqliteDatabase, string, string?), WorkflowEngine> _workflows = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _purges = [];

    public TimeProvider Time => time;

    public ILoggerFactory Logs => logs;

    public ActorSystem Actors { get; } = new(time, logs);

    public FaultGates Gates { get; } = new(time);

    public InMemoryStateStore Memory(string key) =>
        _memories.TryGetValue(key, out var store) ? store : _memories[key] = new(time);

    /// <param name="location">The database.</param>
    /// <param name="table">A checked identifier.</param>
    /// <param name="cleanup">How often expired rows are removed; zero for never.</param>
    public SqliteStateStore Store(SqliteLocation location, string table, TimeSpan cleanup)
    {
        var key = $"{location.File}|{table}";
        var database = _databases.Open(location);
        if (_stores.TryGetValue(key, out var store)) return store;
        _stores[key] = store = new(database, table, time);
        if (cleanup > TimeSpan.Zero) _purges.Add(PurgeAsync(store, cleanup));
        return store;
    }

    /// <param name="location">The database.</param>
    /// <param name="prefix">A checked identifier.</param>
    /// <param name="retention">How long handled messages stay for new groups.</param>
    public SqliteBroker Broker(SqliteLocation location, string prefix, TimeSpan retention)
    {
        var key = $"{location.File}|{prefix}";
        var database = _databases.Open(location);
        return _brokers.TryGetValue(key, out var broker) ? broker
            : _brokers[key] = new(new SqliteMessages(database, prefix, time), retention, time, logs);
    }

    /// <summary>The workflows of an app, which all its replicas share.</summary>
    public WorkflowEngine Workflows(SqliteDatabase database, string appId, string? ownNamespace)
    {
        var key = (database, appId, ownNamespace);
        return _workflows.TryGetValue(key, out var engine) ? engine
            : _workflows[key] = new(database, appId, ownNamespace, time, logs.CreateLogger<WorkflowEngine>());
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Actors.DisposeAsync();
        await Task.WhenAll(_purges);
        foreach (var engine in _workflows.Values) await engine.DisposeAsync();
        foreach (var broker in _brokers.Values) await broker.DisposeAsync();
        foreach (var memory in _memories.Values) memory.Dispose();
        _databases.Dispose();
        _stop.Dispose();
    }

    private async Task PurgeAsync(SqliteStateStore store, TimeSpan interval)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(interval, time, _stop.Token);
                await store.PurgeAsync(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (SqliteException)
            {
                // A full or locked database: expired rows are invisible anyway and go the next time.
            }
        }
    }
}
