using System.Globalization;
using Dapr.Workflow.Protocol;
using Scope = Dapr.Workflow.Protocol.HistoryPropagationScope;

namespace Dapr.Workflow.Replay;

internal sealed partial class ReplayContext
{
    public override Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null)
    {
        Enter();
        ArgumentException.ThrowIfNullOrEmpty(name);
        var json = WorkflowJson.Write(input);
        string? firstKey = null;
        return WithRetries(options?.RetryPolicy, Call, origin => origin.ActivityRetry = new TimerOriginActivityRetry { TaskExecutionId = firstKey });

        Task<T> Call()
        {
            var id = Tasks.NextId();
            var key = ReplayIds.Of(instanceId, _executionId, "task", id.ToString(CultureInfo.InvariantCulture), name).ToString("N");
            firstKey ??= key;
            var action = new ScheduleTaskAction { Name = name, Input = json, TaskExecutionId = key, Router = RouterTo(options) };
            if (ScopeOf(options) is { } scope) action.HistoryPropagationScope = scope;
            return Open<T>(ActionNames.Activity(name), "Task failed", new WorkflowAction { Id = id, ScheduleTask = action, Router = action.Router }, key);
        }
    }

    public override Task<TResult> CallChildWorkflowAsync<TResult>(
        string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null)
    {
        Enter();
        ArgumentException.ThrowIfNullOrEmpty(workflowName);
        var json = WorkflowJson.Write(input);
        string? firstId = null;
        return WithRetries(options?.RetryPolicy, Call, origin => origin.ChildWorkflowRetry = new TimerOriginChildWorkflowRetry { InstanceId = firstId });

        Task<TResult> Call()
        {
            var child = options?.InstanceId ?? NewGuid().ToString();
            firstId ??= child;
            var action = new CreateChildWorkflowAction { InstanceId = child, Name = workflowName, Input = json, Router = RouterTo(options) };
            if (ScopeOf(options) is { } scope) action.HistoryPropagationScope = scope;
            return Open<TResult>(
                ActionNames.Child(workflowName), $"Child workflow '{workflowName}' failed",
                new WorkflowAction { Id = Tasks.NextId(), CreateChildWorkflow = action, Router = action.Router });
        }
    }

    public override void SendEvent(string instanceId, string eventName, object payload)
    {
        Enter();
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        Open<object?>(ActionNames.Sending(eventName), "", new WorkflowAction
        {
            Id = Tasks.NextId(),
            SendEvent = new SendEventAction
            {
                Instance = new WorkflowInstance { InstanceId = instanceId },
                Name = eventName,
                Data = WorkflowJson.Write(payload),
            },
        });
    }

    private Task<T> Open<T>(string what, string failure, WorkflowAction action, string key = "")
    {
        var task = new OpenTask<T>(failure) { What = what, Action = action, ExecutionKey = key };
        Tasks.Add(task);
        return task.Task;
    }

    private Task<T> WithRetries<T>(WorkflowRetryPolicy? policy, Func<Task<T>> call, Action<CreateTimerAction> markTimer) =>
        policy is null ? call() : RepeatAsync(policy, call, markTimer);

    private async Task<T> RepeatAsync<T>(WorkflowRetryPolicy policy, Func<Task<T>> call, Action<CreateTimerAction> markTimer)
    {
        var first = _now;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (WorkflowTaskFailedException) when (MayRepeat(policy, attempt, first))
            {
                // The last failure is the one that is thrown; those before it are what the policy is for.
            }

            await OpenTimer(_now + policy.DelayAfter(attempt), markTimer, CancellationToken.None);
        }
    }

    private bool MayRepeat(WorkflowRetryPolicy policy, int attempt, DateTime first) =>
        attempt + 1 < policy.MaxNumberOfAttempts
        && (policy.RetryTimeout == Timeout.InfiniteTimeSpan || _now - first < policy.RetryTimeout);

    private static TaskRouter? RouterTo(WorkflowTaskOptions? options) =>
        options?.TargetAppId is { Length: > 0 } app ? new TaskRouter { TargetAppID = app } : null;

    private static Scope? ScopeOf(WorkflowTaskOptions? options) =>
        options is { PropagationScope: not HistoryPropagationScope.None } ? (Scope)options.PropagationScope : null;
}
