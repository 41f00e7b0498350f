using Dapr.Workflow.Grpc;
using Dapr.Workflow.Protocol;
using Google.Protobuf.WellKnownTypes;

namespace Dapr.Workflow;

/// <inheritdoc cref="IDaprWorkflowClient" />
public sealed class DaprWorkflowClient : IDaprWorkflowClient
{
    private readonly TaskHub _hub;
    private readonly TimeProvider _time;

    internal DaprWorkflowClient(TaskHub hub, TimeProvider time) => (_hub, _time) = (hub, time);

    /// <inheritdoc />
    public Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId = null, object? input = null) =>
        ScheduleNewWorkflowAsync(name, instanceId, input, (DateTimeOffset?)null);

    /// <inheritdoc />
    public Task<string> ScheduleNewWorkflowAsync(string name, string? instanceId, object? input, DateTime? startTime)
    {
        DateTimeOffset? start = startTime is { } time
            ? new DateTimeOffset(time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : DateTime.SpecifyKind(time, DateTimeKind.Utc))
            : null;
        return ScheduleNewWorkflowAsync(name, instanceId, input, start);
    }

    /// <inheritdoc />
    public async Task<string> ScheduleNewWorkflowAsync(
        string name, string? instanceId, object? input, DateTimeOffset? startTime, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var request = new CreateInstanceRequest
        {
            InstanceId = string.IsNullOrEmpty(instanceId) ? Guid.CreateVersion7().ToString("N") : instanceId,
            Name = name,
            Input = WorkflowJson.Write(input),
            ScheduledStartTimestamp = startTime is { } start ? Timestamp.FromDateTimeOffset(start) : null,
        };
        return (await _hub.CallAsync("StartInstance", request, CreateInstanceResponse.Parser, cancellation)).InstanceId;
    }

    /// <inheritdoc />
    public async Task<WorkflowState> GetWorkflowStateAsync(
        string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default) =>
        new(await _hub.CallAsync("GetInstance", About(instanceId, getInputsAndOutputs), GetInstanceResponse.Parser, cancellation));

    /// <inheritdoc />
    public Task<WorkflowState> WaitForWorkflowStartAsync(
        string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default) =>
        WaitAsync("WaitForInstanceStart", About(instanceId, getInputsAndOutputs), cancellation);

    /// <inheritdoc />
    public Task<WorkflowState> WaitForWorkflowCompletionAsync(
        string instanceId, bool getInputsAndOutputs = true, CancellationToken cancellation = default) =>
        WaitAsync("WaitForInstanceCompletion", About(instanceId, getInputsAndOutputs), cancellation);

    /// <inheritdoc />
    public Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        var request = new RaiseEventRequest { InstanceId = Checked(instanceId), Name = eventName, Input = WorkflowJson.Write(eventPayload) };
        return _hub.CallAsync("RaiseEvent", request, RaiseEventResponse.Parser, cancellation);
    }

    /// <inheritdoc />
    public Task TerminateWorkflowAsync(string instanceId, object? output = null, CancellationToken cancellation = default)
    {
        var request = new TerminateRequest { InstanceId = Checked(instanceId), Output = WorkflowJson.Write(output), Recursive = true };
        return _hub.CallAsync("TerminateInstance", request, TerminateResponse.Parser, cancellation);
    }

    /// <inheritdoc />
    public Task SuspendWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        _hub.CallAsync("SuspendInstance", new SuspendRequest { InstanceId = Checked(instanceId), Reason = reason }, SuspendResponse.Parser, cancellation);

    /// <inheritdoc />
    public Task ResumeWorkflowAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        _hub.CallAsync("ResumeInstance", new ResumeRequest { InstanceId = Checked(instanceId), Reason = reason }, ResumeResponse.Parser, cancellation);

    /// <inheritdoc />
    public async Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default)
    {
        var request = new PurgeInstancesRequest { InstanceId = Checked(instanceId), Recursive = true };
        return (await _hub.CallAsync("PurgeInstances", request, PurgeInstancesResponse.Parser, cancellation)).DeletedInstanceCount > 0;
    }

    /// <summary>Does nothing: the connection belongs to the app.</summary>
    public void Dispose()
    {
    }

    /// <summary>Does nothing: the connection belongs to the app.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Waits in the sidecar; a wait that broke is begun again, because instances outlive connections.</summary>
    private async Task<WorkflowState> WaitAsync(string method, GetInstanceRequest request, CancellationToken cancellation)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(15), _time);
        while (true)
        {
            try
            {
                var state = new WorkflowState(await _hub.CallAsync(method, request, GetInstanceResponse.Parser, cancellation));
                return state.Exists ? state : throw new InvalidOperationException($"Workflow instance '{request.InstanceId}' does not exist");
            }
            catch (DaprApiException error) when (error.IsTransient)
            {
                await backoff.WaitAsync(cancellation);
            }
        }
    }

    private static GetInstanceRequest About(string instanceId, bool getInputsAndOutputs) =>
        new() { InstanceId = Checked(instanceId), GetInputsAndOutputs = getInputsAndOutputs };

    private static string Checked(string instanceId)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        return instanceId;
    }
}
