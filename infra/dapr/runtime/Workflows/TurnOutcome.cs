using Agents.LocalRuntime.Workflows.Storage;
using Dapr.Workflow.Protocol;

namespace Agents.LocalRuntime.Workflows;

/// <summary>An instance to create.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Started">What it begins with.</param>
/// <param name="Parent">Who waits for its end, or null.</param>
/// <param name="StartAt">Not before this time; null for now.</param>
internal sealed record NewInstance(string Id, HistoryEvent Started, ParentLink? Parent, DateTimeOffset? StartAt);

/// <summary>Everything a turn changes; it is committed as a whole.</summary>
internal sealed class TurnOutcome
{
    /// <summary>The state after the turn.</summary>
    public required WorkflowState State { get; init; }

    /// <summary>The execution that goes on: after continue-as-new another one.</summary>
    public required string Execution { get; set; }

    /// <summary>What is added to the history.</summary>
    public List<HistoryEvent> History { get; } = [];

    /// <summary>With continue-as-new: what the next execution begins with, instead of the history.</summary>
    public List<HistoryEvent>? Restart { get; set; }

    public List<ActivityRequest> Activities { get; } = [];

    public List<(DateTimeOffset Due, HistoryEvent Event)> Delays { get; } = [];

    public List<NewInstance> Children { get; } = [];

    /// <summary>Events for the instance itself: what was asked for and cannot be had.</summary>
    public List<HistoryEvent> Replies { get; } = [];

    /// <summary>Ends the children along with the instance, when that was asked for.</summary>
    public ExecutionTerminatedEvent? Termination { get; set; }
}
