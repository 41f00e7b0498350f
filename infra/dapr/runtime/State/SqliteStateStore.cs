using Agents.LocalRuntime.Sqlite;

namespace Agents.LocalRuntime.State;

/// <summary>
/// <c>state.sqlite</c>: one table in a database file. Expired rows are invisible at once and removed by
/// <see cref="PurgeAsync"/>.
/// </summary>
internal sealed class SqliteStateStore : IStateStore
{
    private readonly SqliteDatabase _database;
    private readonly TimeProvider _time;
    private readonly string _get;
    private readonly string _set;
    private readonly string _setIfFree;
    private readonly string _setIfSame;
    private readonly string _delete;
    private readonly string _deleteIfSame;
    private readonly string _purge;

    /// <param name="database">The open database.</param>
    /// <param name="table">A checked identifier.</param>
    /// <param name="time">Decides what has expired.</param>
    public SqliteStateStore(SqliteDatabase database, string table, TimeProvider time)
    {
        _database = database;
        _time = time;
        const string Live = "(expires IS NULL OR expires > ?5)";
        _get = $"SELECT value, etag, expires FROM {table} WHERE key = ?1 AND (expires IS NULL OR expires > ?2)";
        _set = $"INSERT INTO {table}(key, value, etag, expires) VALUES(?1, ?2, ?3, ?4) " +
            "ON CONFLICT(key) DO UPDATE SET value = ?2, etag = ?3, expires = ?4";
        _setIfFree = $"{_set} WHERE NOT {Live}";
        _setIfSame = $"UPDATE {table} SET value = ?2, etag = ?3, expires = ?4 WHERE key = ?1 AND etag = ?6 AND {Live}";
        _delete = $"DELETE FROM {table} WHERE key = ?1";
        _deleteIfSame = $"DELETE FROM {table} WHERE key = ?1 AND etag = ?6 AND {Live}";
        _purge = $"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE expires <= ?1 LIMIT 500)";
        database.WriteAsync(
            connection =>
            {
                connection.Execute(
                    $"CREATE TABLE IF NOT EXISTS {table}(key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL, etag TEXT NOT NULL, expires INTEGER)");
                connection.Execute($"CREATE INDEX IF NOT EXISTS {table}_expires ON {table}(expires) WHERE expires IS NOT NULL");
                return true;
            },
            atomic: true).GetAwaiter().GetResult();
    }

    /// <summary>Where the rows lie.</summary>
    public SqliteDatabase Database => _database;

    public IReadOnlyList<string> Capabilities { get; } = ["ETAG", "TRANSACTIONAL", "TTL", "KEYS_LIKE"];

    public ValueTask<StateEntry?> GetAsync(string key, CancellationToken cancel) =>
        new(_database.Read((Store: this, Key: key), static (connection, argument) => argument.Store.Find(connection, argument.Key)));

    public ValueTask<StateEntry?[]> GetManyAsync(IReadOnlyList<string> keys, CancellationToken cancel) =>
        new(_database.Read(keys, (connection, all) => all.Select(key => Find(connection, key)).ToArray()));

    public Task WriteAsync(StateChange change, CancellationToken cancel) =>
        _database.WriteAsync(connection => Apply(connection, change), atomic: false);

    public Task TransactAsync(IReadOnlyList<StateChange> changes, CancellationToken cancel) =>
        _database.WriteAsync(
            connection =>
            {
                foreach (var change in changes) Apply(connection, change);
                return true;
            },
            atomic: true);

    /// <summary>Removes expired rows, a few hundred per transaction so that writers do not wait.</summary>
    public async Task PurgeAsync(CancellationToken cancel)
    {
        var removed = 1;
        while (removed > 0 && !cancel.IsCancellationRequested)
        {
            removed = await _database.WriteAsync(
                connection =>
                {
                    using var statement = connection.Statement(_purge);
                    statement.Bind(1, StateClock.Now(_time)).Step();
                    return connection.Changes;
                },
                atomic: false);
        }
    }

    private StateEntry? Find(SqliteConnection connection, string key)
    {
        using var statement = connection.Statement(_get);
        statement.Bind(1, key).Bind(2, StateClock.Now(_time));
        return statement.Step() ? new(statement.Blob(0), statement.Text(1), statement.NullableInt64(2)) : null;
    }

    private bool Apply(SqliteConnection connection, StateChange change)
    {
        var sql = (change.Value, change.ETag, change.FirstWrite) switch
        {
            (null, null, _) => _delete,
            (null, _, _) => _deleteIfSame,
            (_, null, false) => _set,
            (_, null, true) => _setIfFree,
            _ => _setIfSame,
        };
        using var statement = connection.Statement(sql);
        statement.Bind(1, change.Key);
        if (change.Value is not null)
        {
            statement.Bind(2, change.Value).Bind(3, Guid.CreateVersion7().ToString()).Bind(4, StateClock.ExpiresAt(_time, change.TimeToLive));
        }

        var conditional = change.ETag is not null || (change.FirstWrite && change.Value is not null);
        if (conditional) statement.Bind(5, StateClock.Now(_time));
        if (change.ETag is not null) statement.Bind(6, change.ETag);
        statement.Step();
        if (conditional && connection.Changes == 0) throw new ETagMismatchException("");
        return true;
    }
}
