using Agents.LocalRuntime.Http;
using Agents.LocalRuntime.Sqlite;

namespace Agents.LocalRuntime.Actors.Schedules;

/// <summary>
/// The reminders' table, in the database of the actor state. A reminder is advanced or removed only after its app has
/// taken it: a runtime that dies in between fires it again, and never loses it.
/// </summary>
internal sealed class ReminderStore
{
    private const int MostPerActor = 1_000;
    private const string Columns = "id, namespace, type, actor, name, due, period, ttl, data, every, tick, next, remaining, expires, attempts";

    private readonly SqliteDatabase _database;

    public ReminderStore(SqliteDatabase database)
    {
        _database = database;
        database.WriteAsync(
            connection =>
            {
                // AUTOINCREMENT: a number is never given twice, so whoever holds an old one finds nothing.
                connection.Execute(
                    """
                    CREATE TABLE IF NOT EXISTS actor_reminders(
                      id INTEGER PRIMARY KEY AUTOINCREMENT, namespace TEXT NOT NULL, type TEXT NOT NULL, actor TEXT NOT NULL, name TEXT NOT NULL,
                      due TEXT NOT NULL, period TEXT NOT NULL, ttl TEXT NOT NULL, data BLOB, every INTEGER NOT NULL, tick INTEGER NOT NULL,
                      next INTEGER NOT NULL, remaining INTEGER, expires INTEGER, attempts INTEGER NOT NULL,
                      UNIQUE(namespace, type, actor, name))
                    """);
                return true;
            },
            atomic: true).GetAwaiter().GetResult();
    }

    /// <summary>All reminders, as number and next attempt.</summary>
    public List<(long Id, long Next)> All() => _database.Read(
        true,
        static (connection, _) =>
        {
            var all = new List<(long, long)>();
            using var statement = connection.Statement("SELECT id, next FROM actor_reminders");
            while (statement.Step()) all.Add((statement.Int64(0), statement.Int64(1)));
            return all;
        });

    public Reminder? Find(long id) => _database.Read(
        id,
        static (connection, id) =>
        {
            using var statement = connection.Statement($"SELECT {Columns} FROM actor_reminders WHERE id = ?1");
            return statement.Bind(1, id).Step() ? Read(statement) : null;
        });

    public Reminder? Find(string ownNamespace, ActorKey actor, string name) => _database.Read(
        (ownNamespace, actor, name), static (connection, key) => Find(connection, key.ownNamespace, key.actor, key.name));

    /// <summary>Adds a reminder; one of the same name gives way.</summary>
    /// <returns>The new number, and that of the one replaced.</returns>
    /// <exception cref="ApiException">It exists and must not be overwritten, or the actor has too many.</exception>
    public Task<(long Id, long? Replaced)> AddAsync(Reminder reminder, bool overwrite) => _database.WriteAsync(
        connection =>
        {
            var old = Find(connection, reminder.Namespace, reminder.Actor, reminder.Name);
            if (old is not null && !overwrite)
                throw new ApiException(409, "ERR_ACTOR_REMINDER_ALREADY_EXISTS", $"actor reminder already exists: {reminder.Name}");
            if (old is not null) Remove(connection, old.Id);
            else if (Count(connection, reminder) >= MostPerActor)
                throw new ApiException(500, "ERR_ACTOR_REMINDER_CREATE", $"error creating actor reminder: the actor has {MostPerActor} reminders already");
            Insert(connection, reminder);
            return (connection.LastInsertRowId, old?.Id);
        },
        atomic: true);

    /// <summary>The number of the reminder removed, or null when there was none.</summary>
    public Task<long?> RemoveAsync(string ownNamespace, ActorKey actor, string name) => _database.WriteAsync(
        connection =>
        {
            var old = Find(connection, ownNamespace, actor, name);
            if (old is not null) Remove(connection, old.Id);
            return old?.Id;
        },
        atomic: true);

    public Task RemoveAsync(long id) => _database.WriteAsync(
        connection =>
        {
            Remove(connection, id);
            return true;
        },
        atomic: false);

    /// <summary>Notes the next attempt. False when the reminder has been removed or replaced meanwhile.</summary>
    public Task<bool> AdvanceAsync(Reminder reminder) => _database.WriteAsync(
        connection =>
        {
            using var statement = connection.Statement("UPDATE actor_reminders SET tick = ?2, next = ?3, remaining = ?4, attempts = ?5 WHERE id = ?1");
            statement.Bind(1, reminder.Id).Bind(2, reminder.Tick).Bind(3, reminder.Next).Bind(4, reminder.Left).Bind(5, (long)reminder.Attempts).Step();
            return connection.Changes > 0;
        },
        atomic: false);

    private static void Insert(SqliteConnection connection, Reminder reminder)
    {
        using var statement = connection.Statement(
            $"INSERT INTO actor_reminders({Columns}) VALUES(NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0)");
        statement.Bind(1, reminder.Namespace).Bind(2, reminder.Actor.Type).Bind(3, reminder.Actor.Id).Bind(4, reminder.Name)
            .Bind(5, reminder.DueTime).Bind(6, reminder.Period).Bind(7, reminder.Ttl)
            .Bind(9, reminder.Every).Bind(10, reminder.Tick).Bind(11, reminder.Next).Bind(12, reminder.Left).Bind(13, reminder.Expires);
        if (reminder.Data is null) statement.Bind(8, (string?)null);
        else statement.Bind(8, reminder.Data.AsSpan());
        statement.Step();
    }

    private static void Remove(SqliteConnection connection, long id)
    {
        using var statement = connection.Statement("DELETE FROM actor_reminders WHERE id = ?1");
        statement.Bind(1, id).Step();
    }

    private static long Count(SqliteConnection connection, Reminder reminder)
    {
        using var statement = connection.Statement("SELECT COUNT(*) FROM actor_reminders WHERE namespace = ?1 AND type = ?2 AND actor = ?3");
        statement.Bind(1, reminder.Namespace).Bind(2, reminder.Actor.Type).Bind(3, reminder.Actor.Id).Step();
        return statement.Int64(0);
    }

    private static Reminder? Find(SqliteConnection connection, string ownNamespace, ActorKey actor, string name)
    {
        using var statement = connection.Statement(
            $"SELECT {Columns} FROM actor_reminders WHERE namespace = ?1 AND type = ?2 AND actor = ?3 AND name = ?4");
        return statement.Bind(1, ownNamespace).Bind(2, actor.Type).Bind(3, actor.Id).Bind(4, name).Step() ? Read(statement) : null;
    }

    private static Reminder Read(SqliteStatement row) => new()
    {
        Id = row.Int64(0),
        Namespace = row.Text(1),
        Actor = new(row.Text(2), row.Text(3)),
        Name = row.Text(4),
        DueTime = row.Text(5),
        Period = row.Text(6),
        Ttl = row.Text(7),
        Data = row.IsNull(8) ? null : row.Blob(8),
        Every = row.Int64(9),
        Tick = row.Int64(10),
        Next = row.Int64(11),
        Left = (int?)row.NullableInt64(12),
        Expires = row.NullableInt64(13),
        Attempts = (int)row.Int64(14),
    };
}
