namespace Dapr.Workflow;

/// <summary>What helpers of workflows need of the context.</summary>
public interface IWorkflowContext
{
    /// <summary>The time of the turn, in UTC.</summary>
    DateTime CurrentUtcDateTime { get; }

    /// <summary>Whether the code runs over what happened in earlier turns.</summary>
    bool IsReplaying { get; }
}
