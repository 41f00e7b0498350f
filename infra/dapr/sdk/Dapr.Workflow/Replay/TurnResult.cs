using Dapr.Workflow.Protocol;

namespace Dapr.Workflow.Replay;

/// <summary>The actions that end an execution.</summary>
internal static class TurnResult
{
    public static WorkflowAction Ended(int id, Task<object?> workflow)
    {
        if (workflow.IsCompletedSuccessfully) return Completed(id, workflow.Result);
        return Failed(id, workflow.Exception?.InnerException ?? new TaskCanceledException(workflow));
    }

    public static WorkflowAction Failed(int id, Exception error) => Action(id, new CompleteWorkflowAction
    {
        WorkflowStatus = OrchestrationStatus.Failed,
        FailureDetails = error is WorkflowNotFoundException
            ? new TaskFailureDetails { ErrorType = "WorkflowNotFound", ErrorMessage = error.Message, IsNonRetriable = true }
            : WorkflowTaskFailureDetails.ToMessage(error, isNonRetriable: true),
    });

    /// <summary>Without a result: the sidecar knows what the instance was terminated with.</summary>
    public static WorkflowAction Terminated(int id) =>
        Action(id, new CompleteWorkflowAction { WorkflowStatus = OrchestrationStatus.Terminated });

    public static WorkflowAction Continued(int id, NewBeginning beginning, IEnumerable<HistoryEvent> unprocessed)
    {
        var action = new CompleteWorkflowAction { WorkflowStatus = OrchestrationStatus.ContinuedAsNew, Result = beginning.Input };
        if (beginning.KeepsEvents) action.CarryoverEvents.AddRange(unprocessed);
        return Action(id, action);
    }

    private static WorkflowAction Completed(int id, object? result)
    {
        string json;
        try
        {
            json = WorkflowJson.Write(result);
        }
        catch (Exception error) when (error is NotSupportedException or System.Text.Json.JsonException)
        {
            return Failed(id, error);
        }

        return Action(id, new CompleteWorkflowAction { WorkflowStatus = OrchestrationStatus.Completed, Result = json });
    }

    private static WorkflowAction Action(int id, CompleteWorkflowAction action) => new() { Id = id, CompleteWorkflow = action };
}

/// <summary>No worker code of that name is registered in this app.</summary>
internal sealed class WorkflowNotFoundException(string name) : Exception($"Workflow '{name}' is not registered in this app.");
