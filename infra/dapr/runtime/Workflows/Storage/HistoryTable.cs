using Agents.LocalRuntime.Sqlite;
using Dapr.Workflow.Protocol;
using Google.Protobuf;

namespace Agents.LocalRuntime.Workflows.Storage;

/// <summary>What happened to each instance, in order; only whole turns are added.</summary>
internal static class HistoryTable
{
    public static List<HistoryEvent> Read(SqliteConnection connection, long instance)
    {
        using var statement = connection.Statement("SELECT event FROM workflow_history WHERE instance = ?1 ORDER BY seq");
        statement.Bind(1, instance);
        var events = new List<HistoryEvent>();
        while (statement.Step()) events.Add(HistoryEvent.Parser.ParseFrom(statement.Blob(0)));
        return events;
    }

    /// <param name="connection">In a transaction.</param>
    /// <param name="instance">The instance's key.</param>
    /// <param name="at">How many events there are already.</param>
    /// <param name="events">What comes behind them.</param>
    public static void Append(SqliteConnection connection, long instance, int at, IEnumerable<HistoryEvent> events)
    {
        foreach (var happened in events)
        {
            using var statement = connection.Statement("INSERT INTO workflow_history(instance, seq, event) VALUES(?1, ?2, ?3)");
            statement.Bind(1, instance).Bind(2, at++).Bind(3, happened.ToByteArray()).Step();
        }
    }

    public static void Delete(SqliteConnection connection, long instance)
    {
        using var statement = connection.Statement("DELETE FROM workflow_history WHERE instance = ?1");
        statement.Bind(1, instance).Step();
    }
}
