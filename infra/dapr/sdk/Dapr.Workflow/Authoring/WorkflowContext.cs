using Microsoft.Extensions.Logging;

namespace Dapr.Workflow;

/// <summary>All a workflow may use; valid only while the workflow runs.</summary>
public abstract class WorkflowContext : IWorkflowContext
{
    /// <summary>The name the workflow was started by.</summary>
    public abstract string Name { get; }

    /// <summary>The id of the instance.</summary>
    public abstract string InstanceId { get; }

    /// <summary>The time of the turn, in UTC; it stands still between awaits.</summary>
    public abstract DateTime CurrentUtcDateTime { get; }

    /// <summary>Whether the code runs over what happened in earlier turns.</summary>
    public abstract bool IsReplaying { get; }

    /// <summary>Runs an activity.</summary>
    /// <exception cref="WorkflowTaskFailedException">The activity failed, after all retries.</exception>
    public virtual Task CallActivityAsync(string name, object? input = null, WorkflowTaskOptions? options = null) =>
        CallActivityAsync<object?>(name, input, options);

    /// <summary>Runs an activity and gives its result.</summary>
    /// <exception cref="WorkflowTaskFailedException">The activity failed, after all retries.</exception>
    public abstract Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null);

    /// <summary>Waits, through restarts if need be.</summary>
    public virtual Task CreateTimer(TimeSpan delay, CancellationToken cancellationToken = default) =>
        CreateTimer(CurrentUtcDateTime.Add(delay), cancellationToken);

    /// <summary>Waits until a time, in UTC unless it says otherwise.</summary>
    public abstract Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken);

    /// <summary>Waits for an event. Events that came early are kept; each goes to one waiter, in order. The case of names does not matter.</summary>
    public abstract Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default);

    /// <summary>Waits for an event, but not for ever; a negative time is for ever.</summary>
    /// <exception cref="TaskCanceledException">None came in time.</exception>
    public virtual Task<T> WaitForExternalEventAsync<T>(string eventName, TimeSpan timeout) =>
        throw new NotSupportedException("This context has no events with a timeout.");

    /// <summary>Asks for an event to be raised in another instance. Current sidecars refuse it: raise events from an activity instead.</summary>
    public abstract void SendEvent(string instanceId, string eventName, object payload);

    /// <summary>Shows a status to whoever asks for the state of the instance.</summary>
    public abstract void SetCustomStatus(object? customStatus);

    /// <summary>Runs another workflow and gives its result.</summary>
    /// <exception cref="WorkflowTaskFailedException">It failed or was terminated.</exception>
    public abstract Task<TResult> CallChildWorkflowAsync<TResult>(string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null);

    /// <summary>Runs another workflow.</summary>
    /// <exception cref="WorkflowTaskFailedException">It failed or was terminated.</exception>
    public virtual Task CallChildWorkflowAsync(string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null) =>
        CallChildWorkflowAsync<object?>(workflowName, input, options);

    /// <summary>Creates a logger that is silent while the code replays.</summary>
    public abstract ILogger CreateReplaySafeLogger(string categoryName);

    /// <summary>Creates a logger that is silent while the code replays.</summary>
    public abstract ILogger CreateReplaySafeLogger(Type type);

    /// <summary>Creates a logger that is silent while the code replays.</summary>
    public abstract ILogger CreateReplaySafeLogger<T>();

    /// <summary>Ends this execution with the turn and begins the workflow anew, with an empty history.</summary>
    /// <param name="newInput">What it begins with.</param>
    /// <param name="preserveUnprocessedEvents">Whether events nobody waited for are taken along.</param>
    public abstract void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true);

    /// <summary>An id that is the same in every replay.</summary>
    public abstract Guid NewGuid();
}
