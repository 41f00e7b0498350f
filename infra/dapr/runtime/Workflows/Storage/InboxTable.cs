using Agents.LocalRuntime.Sqlite;
using Dapr.Workflow.Protocol;
using Google.Protobuf;

namespace Agents.LocalRuntime.Workflows.Storage;

/// <summary>What has reached an instance and waits for its next turn, in the order of arrival.</summary>
internal static class InboxTable
{
    public static void Insert(SqliteConnection connection, long instance, HistoryEvent arrived)
    {
        using var statement = connection.Statement("INSERT INTO workflow_inbox(instance, event) VALUES(?1, ?2)");
        statement.Bind(1, instance).Bind(2, arrived.ToByteArray()).Step();
    }

    public static List<(long Seq, HistoryEvent Event)> Read(SqliteConnection connection, long instance)
    {
        using var statement = connection.Statement("SELECT seq, event FROM workflow_inbox WHERE instance = ?1 ORDER BY seq");
        statement.Bind(1, instance);
        var events = new List<(long, HistoryEvent)>();
        while (statement.Step()) events.Add((statement.Int64(0), HistoryEvent.Parser.ParseFrom(statement.Blob(1))));
        return events;
    }

    public static long Count(SqliteConnection connection, long instance)
    {
        using var statement = connection.Statement("SELECT count(*) FROM workflow_inbox WHERE instance = ?1");
        statement.Bind(1, instance).Step();
        return statement.Int64(0);
    }

    /// <summary>The instances of an app for which something waits and which may run.</summary>
    public static List<long> Ready(SqliteConnection connection, string app)
    {
        using var statement = connection.Statement(
            "SELECT key FROM workflow_instances WHERE app = ?1 AND started = 1 AND key IN (SELECT instance FROM workflow_inbox) ORDER BY key");
        statement.Bind(1, app);
        var keys = new List<long>();
        while (statement.Step()) keys.Add(statement.Int64(0));
        return keys;
    }

    public static void Delete(SqliteConnection connection, long instance, long upTo = long.MaxValue)
    {
        using var statement = connection.Statement("DELETE FROM workflow_inbox WHERE instance = ?1 AND seq <= ?2");
        statement.Bind(1, instance).Bind(2, upTo).Step();
    }
}
