using Agents.LocalRuntime.Sqlite;
using Dapr.Workflow.Protocol;
using Google.Protobuf;

namespace Agents.LocalRuntime.Workflows.Storage;

/// <summary>An activity that was asked for and has no result yet.</summary>
/// <param name="Token">Given once, never again.</param>
/// <param name="Instance">The key of the instance.</param>
/// <param name="Execution">The execution that asked; no other one is told the result.</param>
/// <param name="Request">What the worker gets.</param>
internal sealed record PendingActivity(long Token, long Instance, string Execution, ActivityRequest Request);

/// <summary>The activities that have no result yet.</summary>
internal static class ActivityTable
{
    private const string Columns = "SELECT a.token, a.instance, a.execution, a.request FROM workflow_activities a";

    public static PendingActivity Insert(SqliteConnection connection, long instance, string execution, ActivityRequest request)
    {
        using var statement = connection.Statement("INSERT INTO workflow_activities(instance, execution, request) VALUES(?1, ?2, ?3)");
        statement.Bind(1, instance).Bind(2, execution).Bind(3, request.ToByteArray()).Step();
        return new(connection.LastInsertRowId, instance, execution, request);
    }

    /// <summary>All of an app, the oldest first.</summary>
    public static List<PendingActivity> Read(SqliteConnection connection, string app)
    {
        using var statement = connection.Statement($"{Columns} JOIN workflow_instances i ON i.key = a.instance WHERE i.app = ?1 ORDER BY a.token");
        statement.Bind(1, app);
        var pending = new List<PendingActivity>();
        while (statement.Step())
            pending.Add(new(statement.Int64(0), statement.Int64(1), statement.Text(2), ActivityRequest.Parser.ParseFrom(statement.Blob(3))));
        return pending;
    }

    /// <returns>False when it was not there.</returns>
    public static bool Delete(SqliteConnection connection, long token)
    {
        using var statement = connection.Statement("DELETE FROM workflow_activities WHERE token = ?1");
        statement.Bind(1, token).Step();
        return connection.Changes > 0;
    }

    public static void DeleteAll(SqliteConnection connection, long instance)
    {
        using var statement = connection.Statement("DELETE FROM workflow_activities WHERE instance = ?1");
        statement.Bind(1, instance).Step();
    }
}
