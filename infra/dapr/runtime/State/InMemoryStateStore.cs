using Agents.LocalRuntime.Sqlite;

namespace Agents.LocalRuntime.State;

/// <summary><c>state.in-memory</c>: lives as long as the process and is shared by the apps that use the component.</summary>
internal sealed class InMemoryStateStore : IStateStore, IDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, StateEntry> _entries = [];
    private readonly ITimer _sweeper;
    private readonly Lazy<SqliteDatabase> _database = new(() => new(SqliteDatabase.InMemory, SqliteOptions.InMemory));

    public InMemoryStateStore(TimeProvider time)
    {
        _time = time;
        _sweeper = time.CreateTimer(_ => Sweep(), null, SweepInterval, SweepInterval);
    }

    public SqliteDatabase Database => _database.Value;

    public IReadOnlyList<string> Capabilities { get; } = ["ETAG", "TRANSACTIONAL", "TTL", "DELETE_WITH_PREFIX", "KEYS_LIKE"];

    public ValueTask<StateEntry?> GetAsync(string key, CancellationToken cancel)
    {
        lock (_lock) return new(Find(key));
    }

    public ValueTask<StateEntry?[]> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancel)
    {
        lock (_lock) return new(keys.Select(Find).ToArray());
    }

    public Task WriteAsync(StateChange change, CancellationToken cancel)
    {
        lock (_lock)
        {
            Check(change);
            Apply(change);
        }

        return Task.CompletedTask;
    }

    public Task TransactAsync(IReadOnlyList<StateChange> changes, CancellationToken cancel)
    {
        lock (_lock)
        {
            foreach (var change in changes) Check(change);
            foreach (var change in changes) Apply(change);
        }

        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _sweeper.Dispose();
        if (_database.IsValueCreated) _database.Value.Dispose();
    }

    private StateEntry? Find(string key) =>
        _entries.TryGetValue(key, out var entry) && !Expired(entry) ? entry : null;

    private void Check(StateChange change)
    {
        if (change.ETag is null && !change.FirstWrite) return;
        var current = Find(change.Key);
        if (change.ETag is null)
        {
            if (current is not null) throw new ETagMismatchException("item already exists and no etag was passed");
        }
        else if (current is null)
        {
            throw new ETagMismatchException($"state not exist or expired for key={change.Key}");
        }
        else if (current.ETag != change.ETag)
        {
            throw new ETagMismatchException($"state etag not match for key={change.Key}: current={current.ETag}, expect={change.ETag}");
        }
    }

    private void Apply(StateChange change)
    {
        if (change.Value is null) _entries.Remove(change.Key);
        else _entries[change.Key] = new(change.Value, Guid.CreateVersion7().ToString(), StateClock.ExpiresAt(_time, change.TimeToLive));
    }

    private bool Expired(StateEntry entry) => entry.ExpiresAt is { } at && at <= StateClock.Now(_time);

    private void Sweep()
    {
        lock (_lock)
        {
            foreach (var (key, entry) in _entries)
            {
                // Removing while enumerating is allowed for a Dictionary.
                if (Expired(entry)) _entries.Remove(key);
            }
        }
    }
}
