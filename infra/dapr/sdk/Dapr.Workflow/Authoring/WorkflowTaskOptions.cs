namespace Dapr.Workflow;

/// <summary>How an activity is called.</summary>
/// <param name="RetryPolicy">When a failed call is repeated; null for never.</param>
/// <param name="TargetAppId">The app that runs it; null for the app of the workflow.</param>
/// <param name="PropagationScope">How much history goes along.</param>
public record WorkflowTaskOptions(
    WorkflowRetryPolicy? RetryPolicy = null, string? TargetAppId = null, HistoryPropagationScope PropagationScope = HistoryPropagationScope.None);

/// <summary>How a child workflow is called.</summary>
/// <param name="InstanceId">Its id; null for a new one.</param>
/// <param name="RetryPolicy">When a failed call is repeated; null for never.</param>
/// <param name="TargetAppId">The app that runs it; null for the app of the workflow.</param>
/// <param name="PropagationScope">How much history goes along.</param>
public record ChildWorkflowTaskOptions(
    string? InstanceId = null, WorkflowRetryPolicy? RetryPolicy = null, string? TargetAppId = null,
    HistoryPropagationScope PropagationScope = HistoryPropagationScope.None)
    : WorkflowTaskOptions(RetryPolicy, TargetAppId, PropagationScope);

/// <summary>How much of its history a workflow hands to what it calls.</summary>
public enum HistoryPropagationScope
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Its own.</summary>
    OwnHistory = 1,

    /// <summary>Its own and that of its parents.</summary>
    Lineage = 2,
}
