namespace Dapr.Workflow;

/// <summary>An activity or a child workflow failed.</summary>
/// <param name="message">What failed and why.</param>
/// <param name="failureDetails">What it threw.</param>
public class WorkflowTaskFailedException(string message, WorkflowTaskFailureDetails failureDetails) : Exception(message)
{
    /// <summary>What it threw.</summary>
    public WorkflowTaskFailureDetails FailureDetails { get; } = failureDetails;
}
