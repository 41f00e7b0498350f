using Dapr.Common;

namespace Dapr.Workflow;

/// <summary>Starts workflows, asks about them and steers them.</summary>
/// <remarks>
/// Calls throw <see cref="DaprApiException"/>, whose code is the name of the gRPC status, such as <c>AlreadyExists</c> or
/// <c>Unavailable</c>; the official package throws an <c>RpcException</c> of the same status instead.
/// </remarks>
public interface IDaprWorkflowClient : IDaprClient, IAsyncDisposable
{
    /// <summary>Starts a workflow as soon as a worker is there, and gives the id of the instance.</summary>
    /// <param name="name">The name the worker registered it under.</param>
    /// <param name="instanceId">The id; null for a new one. One that is in use by an instance that has not ended is refused.</param>
    /// <param name="input">What it is started with.</param>
    Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId = null, object? input = null);

    /// <summary>Starts a workflow at a time, in UTC unless it says otherwise; null for now.</summary>
    Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId, object? input, DateTime? startTime);

    /// <summary>Starts a workflow at a time; null for now.</summary>
    Task<string> ScheduleNewWorkflowAsync(
        string name, string? instanceId, object? input, DateTimeOffset? startTime, CancellationToken cancellation = default);

    /// <summary>Asks where an instance stands; one that does not exist is no error.</summary>
    Task<WorkflowState> GetWorkflowStateAsync(string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default);

    /// <summary>Waits until an instance has begun.</summary>
    /// <exception cref="InvalidOperationException">There is no such instance, where the sidecar does not rather wait for it.</exception>
    Task<WorkflowState> WaitForWorkflowStartAsync(string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default);

    /// <summary>Waits until an instance came to an end, whichever.</summary>
    /// <exception cref="InvalidOperationException">There is no such instance, where the sidecar does not rather wait for it.</exception>
    Task<WorkflowState> WaitForWorkflowCompletionAsync(string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default);

    /// <summary>Raises an event an instance waits for, or will wait for.</summary>
    Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default);

    /// <summary>Ends an instance and its children, with a result.</summary>
    Task TerminateWorkflowAsync(string instanceId, object? output = null, CancellationToken cancellation = default);

    /// <summary>Makes an instance take a break; what happens meanwhile is kept.</summary>
    Task SuspendWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default);

    /// <summary>Ends the break of an instance.</summary>
    Task ResumeWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default);

    /// <summary>Deletes all that is kept of an instance that ended, and of its children; false when there was nothing.</summary>
    Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default);
}
