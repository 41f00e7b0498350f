using Dapr.Workflow.Protocol;
using Kind = Dapr.Workflow.Protocol.HistoryEvent.EventTypeOneofCase;

namespace Dapr.Workflow.Replay;

/// <summary>Brings an event of the history to the task of the workflow it is about.</summary>
internal static class HistoryMatch
{
    /// <exception cref="NonDeterministicWorkflowException">The code did not ask for what the event says it asked for.</exception>
    public static void Apply(HistoryEvent happened, ReplayContext context)
    {
        var tasks = context.Tasks;
        switch (happened.EventTypeCase)
        {
            case Kind.TaskScheduled:
                tasks.Schedule(happened.EventId, ActionNames.Activity(happened.TaskScheduled.Name));
                break;
            case Kind.TaskCompleted:
                tasks.End(happened.TaskCompleted.TaskScheduledId, happened.TaskCompleted.TaskExecutionId)?.Complete(happened.TaskCompleted.Result);
                break;
            case Kind.TaskFailed:
                tasks.End(happened.TaskFailed.TaskScheduledId, happened.TaskFailed.TaskExecutionId)?.Fail(happened.TaskFailed.FailureDetails);
                break;
            case Kind.ChildWorkflowInstanceCreated:
                tasks.Schedule(happened.EventId, ActionNames.Child(happened.ChildWorkflowInstanceCreated.Name));
                break;
            case Kind.ChildWorkflowInstanceCompleted:
                tasks.End(happened.ChildWorkflowInstanceCompleted.TaskScheduledId)?.Complete(happened.ChildWorkflowInstanceCompleted.Result);
                break;
            case Kind.ChildWorkflowInstanceFailed:
                tasks.End(happened.ChildWorkflowInstanceFailed.TaskScheduledId)?.Fail(happened.ChildWorkflowInstanceFailed.FailureDetails);
                break;
            case Kind.TimerCreated:
                tasks.Schedule(happened.EventId, ActionNames.Timer);
                break;
            case Kind.TimerFired:
                tasks.End(happened.TimerFired.TimerId)?.Complete(null);
                break;
            case Kind.EventSent:
                tasks.Schedule(happened.EventId, ActionNames.Sending(happened.EventSent.Name));
                tasks.Forget(happened.EventId);
                break;
            case Kind.EventRaised:
                context.Events.Raise(happened);
                break;
        }
    }
}
