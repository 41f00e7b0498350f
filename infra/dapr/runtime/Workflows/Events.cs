using Dapr.Workflow.Protocol;
using Google.Protobuf.WellKnownTypes;

namespace Agents.LocalRuntime.Workflows;

/// <summary>Makes history events.</summary>
internal static class Events
{
    /// <summary>An event from outside the execution; its kind is set by the caller.</summary>
    public static HistoryEvent At(DateTimeOffset now, int id = -1) => new() { EventId = id, Timestamp = Timestamp.FromDateTimeOffset(now) };

    /// <summary>The time, or null when there is no such time.</summary>
    public static DateTimeOffset? ToInstant(this Timestamp time)
    {
        const long Earliest = -62_135_596_800, Latest = 253_402_300_799;
        return time.Seconds is >= Earliest and <= Latest && time.Nanos is >= 0 and < 1_000_000_000 ? time.ToDateTimeOffset() : null;
    }

    /// <summary>The first event of an instance.</summary>
    public static HistoryEvent Started(
        DateTimeOffset now, string appId, string instanceId, string name, string? version, string? input, TraceContext? trace)
    {
        var started = At(now);
        started.ExecutionStarted = new()
        {
            Name = name,
            Version = version,
            Input = input,
            WorkflowInstance = new() { InstanceId = instanceId, ExecutionId = Guid.CreateVersion7().ToString() },
            ParentTraceContext = trace,
        };
        started.Router = new() { SourceAppID = appId };
        return started;
    }

    /// <summary>What the parent is told about the end of a child.</summary>
    public static HistoryEvent ChildEnded(DateTimeOffset now, int taskId, WorkflowState child)
    {
        var ended = At(now);
        if (child.WorkflowStatus == OrchestrationStatus.Completed)
            ended.ChildWorkflowInstanceCompleted = new() { TaskScheduledId = taskId, Result = child.Output };
        else
            ended.ChildWorkflowInstanceFailed = new() { TaskScheduledId = taskId, FailureDetails = child.FailureDetails ?? EndedOtherwise(child) };
        return ended;
    }

    public static HistoryEvent ChildFailed(DateTimeOffset now, int taskId, string type, string message)
    {
        var failed = At(now);
        failed.ChildWorkflowInstanceFailed = new() { TaskScheduledId = taskId, FailureDetails = Failure(type, message) };
        return failed;
    }

    public static HistoryEvent ActivityFailed(DateTimeOffset now, int taskId, string executionId, TaskFailureDetails details)
    {
        var failed = At(now);
        failed.TaskFailed = new() { TaskScheduledId = taskId, TaskExecutionId = executionId, FailureDetails = details };
        return failed;
    }

    public static TaskFailureDetails Failure(string type, string message) =>
        new() { ErrorType = type, ErrorMessage = message, IsNonRetriable = true };

    private static TaskFailureDetails EndedOtherwise(WorkflowState child) => new()
    {
        ErrorType = $"Workflow{child.WorkflowStatus}",
        ErrorMessage = $"child workflow '{child.InstanceId}' ended as {child.WorkflowStatus}",
    };
}
