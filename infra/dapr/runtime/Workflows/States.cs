using Dapr.Workflow.Protocol;

namespace Agents.LocalRuntime.Workflows;

/// <summary>What the states of an instance mean.</summary>
internal static class States
{
    public static bool HasEnded(this WorkflowState state) => state.WorkflowStatus.IsEnd();

    /// <summary>The instance will not run again.</summary>
    public static bool IsEnd(this OrchestrationStatus status) =>
        status is OrchestrationStatus.Completed or OrchestrationStatus.Failed or OrchestrationStatus.Terminated or OrchestrationStatus.Canceled;

    /// <summary>The state as a client sees it that did not ask for inputs and outputs.</summary>
    public static WorkflowState WithoutPayloads(this WorkflowState state)
    {
        var bare = state.Clone();
        (bare.Input, bare.Output, bare.CustomStatus, bare.FailureDetails) = (null, null, null, null);
        return bare;
    }
}
