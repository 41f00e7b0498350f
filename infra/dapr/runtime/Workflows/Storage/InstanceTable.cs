using Agents.LocalRuntime.Sqlite;
using Dapr.Workflow.Protocol;
using Google.Protobuf;

namespace Agents.LocalRuntime.Workflows.Storage;

/// <summary>Who waits for the end of a child: one task of one execution of an instance.</summary>
internal sealed record ParentLink(long Instance, string Execution, int TaskId);

/// <summary>An instance as it is stored.</summary>
/// <param name="Key">Given once, never again.</param>
/// <param name="Id">What clients call it; free again when the instance was purged, or has ended and is started anew.</param>
/// <param name="Execution">Continue-as-new begins another one.</param>
/// <param name="IsStarted">False while a scheduled start is still to come; nothing runs before.</param>
/// <param name="Parent">Null for an instance that no workflow waits for.</param>
/// <param name="State">What clients are told.</param>
internal sealed record InstanceRow(long Key, string Id, string Execution, bool IsStarted, ParentLink? Parent, WorkflowState State)
{
    public bool HasEnded => State.HasEnded();
}

/// <summary>The instances, one row each.</summary>
internal static class InstanceTable
{
    private const string Columns = "SELECT key, id, execution, started, parent, parent_execution, parent_task, state FROM workflow_instances";

    public static InstanceRow? Find(SqliteConnection connection, string app, string id)
    {
        using var statement = connection.Statement($"{Columns} WHERE app = ?1 AND id = ?2");
        return statement.Bind(1, app).Bind(2, id).Step() ? Read(statement) : null;
    }

    public static InstanceRow? Find(SqliteConnection connection, long key)
    {
        using var statement = connection.Statement($"{Columns} WHERE key = ?1");
        return statement.Bind(1, key).Step() ? Read(statement) : null;
    }

    public static List<InstanceRow> Children(SqliteConnection connection, long parent)
    {
        using var statement = connection.Statement($"{Columns} WHERE parent = ?1 ORDER BY key");
        statement.Bind(1, parent);
        var rows = new List<InstanceRow>();
        while (statement.Step()) rows.Add(Read(statement));
        return rows;
    }

    /// <summary>The ids of an app's instances, in order, from the one after <paramref name="after"/>.</summary>
    public static List<string> Ids(SqliteConnection connection, string app, string after, int count)
    {
        using var statement = connection.Statement("SELECT id FROM workflow_instances WHERE app = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
        statement.Bind(1, app).Bind(2, after).Bind(3, count);
        var ids = new List<string>();
        while (statement.Step()) ids.Add(statement.Text(0));
        return ids;
    }

    /// <returns>The key of the new row.</returns>
    public static long Insert(SqliteConnection connection, string app, InstanceRow row)
    {
        using var statement = connection.Statement(
            "INSERT INTO workflow_instances(app, id, execution, started, parent, parent_execution, parent_task, state) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        statement.Bind(1, app).Bind(2, row.Id).Bind(3, row.Execution).Bind(4, row.IsStarted ? 1 : 0)
            .Bind(5, row.Parent?.Instance).Bind(6, row.Parent?.Execution).Bind(7, row.Parent is { } parent ? parent.TaskId : (long?)null)
            .Bind(8, row.State.ToByteArray()).Step();
        return connection.LastInsertRowId;
    }

    public static void Update(SqliteConnection connection, long key, string execution, WorkflowState state)
    {
        using var statement = connection.Statement("UPDATE workflow_instances SET execution = ?2, state = ?3 WHERE key = ?1");
        statement.Bind(1, key).Bind(2, execution).Bind(3, state.ToByteArray()).Step();
    }

    public static void MarkStarted(SqliteConnection connection, long key)
    {
        using var statement = connection.Statement("UPDATE workflow_instances SET started = 1 WHERE key = ?1");
        statement.Bind(1, key).Step();
    }

    /// <summary>Removes the instance and all that belongs to it; its children stay.</summary>
    public static void Delete(SqliteConnection connection, long key)
    {
        HistoryTable.Delete(connection, key);
        InboxTable.Delete(connection, key);
        DelayTable.Delete(connection, key);
        ActivityTable.DeleteAll(connection, key);
        using var statement = connection.Statement("DELETE FROM workflow_instances WHERE key = ?1");
        statement.Bind(1, key).Step();
    }

    private static InstanceRow Read(SqliteStatement row) => new(
        row.Int64(0), row.Text(1), row.Text(2), row.Int64(3) != 0,
        row.NullableInt64(4) is { } parent ? new(parent, row.Text(5), (int)row.Int64(6)) : null,
        WorkflowState.Parser.ParseFrom(row.Blob(7)));
}
