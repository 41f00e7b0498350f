using Agents.LocalRuntime.Sqlite;

namespace Agents.LocalRuntime.Workflows.Storage;

/// <summary>
/// The tables that all workflow apps of a database share. A row of an instance has a key that is never used again, so what belongs to an
/// instance cannot be taken for that of a later one with the same id.
/// </summary>
internal static class Tables
{
    private static readonly string[] Statements =
    [
        """
        CREATE TABLE IF NOT EXISTS workflow_instances(
          key INTEGER PRIMARY KEY AUTOINCREMENT, app TEXT NOT NULL, id TEXT NOT NULL, execution TEXT NOT NULL, started INTEGER NOT NULL,
          parent INTEGER, parent_execution TEXT, parent_task INTEGER, state BLOB NOT NULL, UNIQUE(app, id))
        """,
        "CREATE INDEX IF NOT EXISTS workflow_children ON workflow_instances(parent) WHERE parent IS NOT NULL",
        "CREATE TABLE IF NOT EXISTS workflow_history(instance INTEGER NOT NULL, seq INTEGER NOT NULL, event BLOB NOT NULL, PRIMARY KEY(instance, seq)) WITHOUT ROWID",
        "CREATE TABLE IF NOT EXISTS workflow_inbox(seq INTEGER PRIMARY KEY AUTOINCREMENT, instance INTEGER NOT NULL, event BLOB NOT NULL)",
        "CREATE INDEX IF NOT EXISTS workflow_inbox_of ON workflow_inbox(instance)",
        "CREATE TABLE IF NOT EXISTS workflow_delays(seq INTEGER PRIMARY KEY, instance INTEGER NOT NULL, due INTEGER NOT NULL, event BLOB NOT NULL)",
        "CREATE INDEX IF NOT EXISTS workflow_delays_due ON workflow_delays(due)",
        "CREATE INDEX IF NOT EXISTS workflow_delays_of ON workflow_delays(instance)",
        "CREATE TABLE IF NOT EXISTS workflow_activities(token INTEGER PRIMARY KEY AUTOINCREMENT, instance INTEGER NOT NULL, execution TEXT NOT NULL, request BLOB NOT NULL)",
        "CREATE INDEX IF NOT EXISTS workflow_activities_of ON workflow_activities(instance)",
    ];

    public static void Create(SqliteDatabase database) => database.WriteAsync(
        connection =>
        {
            foreach (var statement in Statements) connection.Execute(statement);
            return true;
        },
        atomic: true).GetAwaiter().GetResult();
}
