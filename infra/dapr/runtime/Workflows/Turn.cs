using System.Globalization;
using Dapr.Workflow.Protocol;
using Google.Protobuf.WellKnownTypes;
using Kind = Dapr.Workflow.Protocol.HistoryEvent.EventTypeOneofCase;

namespace Agents.LocalRuntime.Workflows;

/// <summary>
/// One turn as it is handed to a worker: the whole history and what is new. It stays as it is until it is answered, however often it is
/// handed out, so an answer always belongs to what the engine will commit.
/// </summary>
internal sealed class Turn
{
    /// <param name="instance">The key of the instance.</param>
    /// <param name="execution">The execution the turn belongs to.</param>
    /// <param name="before">The state the turn begins with.</param>
    /// <param name="past">The history.</param>
    /// <param name="arrived">What the inbox holds; not empty.</param>
    /// <param name="now">The time of the turn.</param>
    public Turn(
        long instance, string execution, WorkflowState before, IReadOnlyList<HistoryEvent> past,
        IReadOnlyList<(long Seq, HistoryEvent Event)> arrived, DateTimeOffset now)
    {
        (Instance, Execution, Before) = (instance, execution, before);
        LastSeq = arrived.Max(item => item.Seq);
        var request = new WorkflowRequest { InstanceId = before.InstanceId };
        request.PastEvents.AddRange(past);
        request.NewEvents.Add(new HistoryEvent { EventId = -1, Timestamp = Timestamp.FromDateTimeOffset(now), WorkflowStarted = new() });

        // An event may have come before a scheduled start; nothing can be told before the beginning.
        request.NewEvents.AddRange(arrived.Select(item => item.Event).OrderBy(happened => happened.EventTypeCase == Kind.ExecutionStarted ? 0 : 1));
        Item = new() { WorkflowRequest = request, CompletionToken = $"{instance}.{Guid.CreateVersion7():N}" };
    }

    public long Instance { get; }

    public string Execution { get; }

    public WorkflowState Before { get; }

    /// <summary>The last event of the inbox that is part of the turn.</summary>
    public long LastSeq { get; }

    public WorkItem Item { get; }

    /// <summary>The key of the instance, and what tells this turn from its others.</summary>
    public string Token => Item.CompletionToken;

    /// <summary>The instance that a token names, or null.</summary>
    public static long? InstanceOf(string token) =>
        long.TryParse(token.AsSpan(0, Math.Max(0, token.IndexOf('.', StringComparison.Ordinal))), NumberStyles.None, CultureInfo.InvariantCulture, out var key) ? key : null;

    public IList<HistoryEvent> Past => Item.WorkflowRequest.PastEvents;

    public IList<HistoryEvent> Fresh => Item.WorkflowRequest.NewEvents;

    /// <summary>What the execution began with.</summary>
    public ExecutionStartedEvent? Beginning =>
        Past.Concat(Fresh).FirstOrDefault(happened => happened.EventTypeCase == Kind.ExecutionStarted)?.ExecutionStarted;
}
