using Agents.LocalRuntime.Workflows.Storage;
using Dapr.Workflow.Protocol;

namespace Agents.LocalRuntime.Workflows;

/// <summary>What a commit means for those who wait in memory; told after the commit, never before.</summary>
internal sealed class Changes
{
    /// <summary>Instances with something new in their inbox.</summary>
    public List<long> Ready { get; } = [];

    public List<PendingActivity> Activities { get; } = [];

    public List<WorkflowState> States { get; } = [];

    /// <summary>When the earliest new event is due.</summary>
    public DateTimeOffset? Due { get; private set; }

    public void DueAt(DateTimeOffset time)
    {
        if (Due is null || time < Due) Due = time;
    }
}
