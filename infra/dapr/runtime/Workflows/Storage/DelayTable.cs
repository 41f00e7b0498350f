using Agents.LocalRuntime.Sqlite;
using Dapr.Workflow.Protocol;
using Google.Protobuf;

namespace Agents.LocalRuntime.Workflows.Storage;

/// <summary>Events that reach their instance at a time to come: timers that fire, and scheduled starts.</summary>
internal static class DelayTable
{
    public static void Insert(SqliteConnection connection, long instance, DateTimeOffset due, HistoryEvent later)
    {
        using var statement = connection.Statement("INSERT INTO workflow_delays(instance, due, event) VALUES(?1, ?2, ?3)");
        statement.Bind(1, instance).Bind(2, due.UtcTicks).Bind(3, later.ToByteArray()).Step();
    }

    /// <summary>Takes out what is due, the earliest first.</summary>
    public static List<(long Instance, HistoryEvent Event)> Take(SqliteConnection connection, string app, DateTimeOffset now, int most)
    {
        var due = new List<(long, HistoryEvent)>();
        var seqs = new List<long>();
        using (var statement = connection.Statement(
            "SELECT d.seq, d.instance, d.event FROM workflow_delays d JOIN workflow_instances i ON i.key = d.instance " +
            "WHERE i.app = ?1 AND d.due <= ?2 ORDER BY d.due, d.seq LIMIT ?3"))
        {
            statement.Bind(1, app).Bind(2, now.UtcTicks).Bind(3, most);
            while (statement.Step())
            {
                seqs.Add(statement.Int64(0));
                due.Add((statement.Int64(1), HistoryEvent.Parser.ParseFrom(statement.Blob(2))));
            }
        }

        foreach (var seq in seqs)
        {
            using var statement = connection.Statement("DELETE FROM workflow_delays WHERE seq = ?1");
            statement.Bind(1, seq).Step();
        }

        return due;
    }

    /// <summary>When the next event of an app is due, or null.</summary>
    public static DateTimeOffset? Next(SqliteConnection connection, string app)
    {
        using var statement = connection.Statement(
            "SELECT d.due FROM workflow_delays d JOIN workflow_instances i ON i.key = d.instance WHERE i.app = ?1 ORDER BY d.due LIMIT 1");
        return statement.Bind(1, app).Step() ? new DateTimeOffset(statement.Int64(0), TimeSpan.Zero) : null;
    }

    public static void Delete(SqliteConnection connection, long instance)
    {
        using var statement = connection.Statement("DELETE FROM workflow_delays WHERE instance = ?1");
        statement.Bind(1, instance).Step();
    }
}
