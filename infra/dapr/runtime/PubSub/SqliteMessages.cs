using System.Text.Json;
using Agents.LocalRuntime.Sqlite;

namespace Agents.LocalRuntime.PubSub;

/// <summary>
/// The tables of <c>pubsub.sqlite</c>. A message is stored once; a delivery is a row per consumer group that still has
/// to handle it. Groups are remembered, so a message waits for a group that is away.
/// </summary>
internal sealed class SqliteMessages
{
    private readonly SqliteDatabase _database;
    private readonly TimeProvider _time;
    private readonly string _insertMessage;
    private readonly string _insertDeliveries;
    private readonly string _findGroup;
    private readonly string _insertGroup;
    private readonly string _insertBacklog;
    private readonly string _fetch;
    private readonly string _read;
    private readonly string _delete;
    private readonly string _purge;

    /// <param name="database">The open database.</param>
    /// <param name="prefix">Of the table names; a checked identifier.</param>
    /// <param name="time">Dates the messages.</param>
    public SqliteMessages(SqliteDatabase database, string prefix, TimeProvider time)
    {
        (_database, _time) = (database, time);
        var (messages, groups, deliveries) = ($"{prefix}messages", $"{prefix}groups", $"{prefix}deliveries");
        _insertMessage = $"INSERT INTO {messages}(topic, data, metadata, published) VALUES(?1, ?2, ?3, ?4)";
        _insertDeliveries = $"INSERT INTO {deliveries}(group_id, message_id) SELECT id, ?2 FROM {groups} WHERE topic = ?1";
        _findGroup = $"SELECT id FROM {groups} WHERE topic = ?1 AND name = ?2";
        _insertGroup = $"INSERT INTO {groups}(topic, name) VALUES(?1, ?2)";
        _insertBacklog = $"INSERT INTO {deliveries}(group_id, message_id) SELECT ?2, id FROM {messages} WHERE topic = ?1";
        _fetch = $"SELECT d.message_id, m.data, m.metadata FROM {deliveries} d JOIN {messages} m ON m.id = d.message_id " +
            "WHERE d.group_id = ?1 AND d.message_id > ?2 ORDER BY d.message_id LIMIT ?3";
        _read = $"SELECT id, data, metadata FROM {messages} WHERE id = ?1";
        _delete = $"DELETE FROM {deliveries} WHERE group_id = ?1 AND message_id = ?2";
        _purge = $"DELETE FROM {messages} WHERE id IN (SELECT m.id FROM {messages} m WHERE m.published < ?1 AND NOT EXISTS " +
            $"(SELECT 1 FROM {deliveries} d WHERE d.message_id = m.id) LIMIT 500)";
        string[] schema =
        [
            $"CREATE TABLE IF NOT EXISTS {messages}(id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, data BLOB NOT NULL, " +
                "metadata TEXT, published INTEGER NOT NULL)",
            $"CREATE INDEX IF NOT EXISTS {messages}_topic ON {messages}(topic)",
            $"CREATE INDEX IF NOT EXISTS {messages}_published ON {messages}(published)",
            $"CREATE TABLE IF NOT EXISTS {groups}(id INTEGER PRIMARY KEY, topic TEXT NOT NULL, name TEXT NOT NULL, UNIQUE(topic, name))",
            $"CREATE TABLE IF NOT EXISTS {deliveries}(group_id INTEGER NOT NULL, message_id INTEGER NOT NULL, " +
                "PRIMARY KEY(group_id, message_id)) WITHOUT ROWID",
            $"CREATE INDEX IF NOT EXISTS {deliveries}_message ON {deliveries}(message_id)",
        ];
        database.WriteAsync(
            connection =>
            {
                foreach (var statement in schema) connection.Execute(statement);
                return true;
            },
            atomic: true).GetAwaiter().GetResult();
    }

    /// <summary>Stores messages with a delivery for each group that the topic has.</summary>
    public Task AddAsync(string topic, IReadOnlyList<Message> messages) => _database.WriteAsync(
        connection =>
        {
            foreach (var message in messages) Insert(connection, topic, message);
            return true;
        },
        atomic: true);

    /// <summary>The group's number; a new group gets deliveries of all retained messages of the topic.</summary>
    public Task<long> JoinAsync(string topic, string group) => _database.WriteAsync(
        connection =>
        {
            using (var find = connection.Statement(_findGroup))
            {
                if (find.Bind(1, topic).Bind(2, group).Step()) return find.Int64(0);
            }

            using (var insert = connection.Statement(_insertGroup)) insert.Bind(1, topic).Bind(2, group).Step();
            var id = connection.LastInsertRowId;
            using var backlog = connection.Statement(_insertBacklog);
            backlog.Bind(1, topic).Bind(2, id).Step();
            return id;
        },
        atomic: true);

    /// <summary>Open deliveries of a group with numbers above <paramref name="after"/>, oldest first.</summary>
    public List<QueuedMessage> Fetch(long group, long after, int limit) => _database.Read(
        (group, after, limit),
        (connection, argument) =>
        {
            using var statement = connection.Statement(_fetch);
            statement.Bind(1, argument.group).Bind(2, argument.after).Bind(3, argument.limit);
            var found = new List<QueuedMessage>();
            while (statement.Step()) found.Add(Read(statement, attempts: 0));
            return found;
        });

    /// <summary>One message again, for its next attempt.</summary>
    public QueuedMessage? Find(long id, int attempts) => _database.Read(
        (id, attempts),
        (connection, argument) =>
        {
            using var statement = connection.Statement(_read);
            return statement.Bind(1, argument.id).Step() ? Read(statement, argument.attempts) : null;
        });

    /// <summary>The group is done with the message.</summary>
    public Task RemoveAsync(long group, long message) =>
        _database.WriteAsync(connection => Delete(connection, group, message), atomic: false);

    /// <summary>The group is done with the message, and the dead letter topic has it, in one step.</summary>
    public Task MoveAsync(long group, QueuedMessage message, string topic) => _database.WriteAsync(
        connection =>
        {
            Insert(connection, topic, message.Message);
            return Delete(connection, group, message.Id);
        },
        atomic: true);

    /// <summary>Removes messages older than <paramref name="retention"/> that no group waits for.</summary>
    public async Task PurgeAsync(TimeSpan retention, CancellationToken cancel)
    {
        var removed = 1;
        while (removed > 0 && !cancel.IsCancellationRequested)
        {
            removed = await _database.WriteAsync(
                connection =>
                {
                    using var statement = connection.Statement(_purge);
                    statement.Bind(1, (_time.GetUtcNow() - retention).ToUnixTimeMilliseconds()).Step();
                    return connection.Changes;
                },
                atomic: false);
        }
    }

    private void Insert(SqliteConnection connection, string topic, Message message)
    {
        using (var insert = connection.Statement(_insertMessage))
        {
            insert.Bind(1, topic).Bind(2, message.Data).Bind(4, _time.GetUtcNow().ToUnixTimeMilliseconds())
                .Bind(3, message.Metadata.Count == 0 ? null : JsonSerializer.Serialize(message.Metadata))
                .Step();
        }

        using var deliveries = connection.Statement(_insertDeliveries);
        deliveries.Bind(1, topic).Bind(2, connection.LastInsertRowId).Step();
    }

    private bool Delete(SqliteConnection connection, long group, long message)
    {
        using var statement = connection.Statement(_delete);
        statement.Bind(1, group).Bind(2, message).Step();
        return true;
    }

    private static QueuedMessage Read(SqliteStatement statement, int attempts)
    {
        var metadata = statement.NullableText(2) is { } text
            ? JsonSerializer.Deserialize<Dictionary<string, string>>(text)!
            : Message.NoMetadata;
        return new(statement.Int64(0), new(statement.Blob(1), metadata), attempts);
    }
}
