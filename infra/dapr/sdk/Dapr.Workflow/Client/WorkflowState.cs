using Dapr.Workflow.Protocol;

namespace Dapr.Workflow;

/// <summary>What the sidecar knows of an instance.</summary>
public sealed class WorkflowState
{
    private readonly Protocol.WorkflowState? _state;

    internal WorkflowState(GetInstanceResponse? response) => _state = response is { Exists: true } ? response.WorkflowState : null;

    /// <summary>The name it was started by; null when it does not exist.</summary>
    public string? WorkflowName => _state?.Name;

    /// <summary>Whether there is such an instance.</summary>
    public bool Exists => _state is not null;

    /// <summary>Whether it runs, or waits for something.</summary>
    public bool IsWorkflowRunning => RuntimeStatus == WorkflowRuntimeStatus.Running;

    /// <summary>Whether it came to an end, whichever.</summary>
    public bool IsWorkflowCompleted =>
        RuntimeStatus is WorkflowRuntimeStatus.Completed or WorkflowRuntimeStatus.Failed or WorkflowRuntimeStatus.Terminated;

    /// <summary>When it was created.</summary>
    public DateTimeOffset CreatedAt => _state?.CreatedTimestamp?.ToDateTimeOffset() ?? default;

    /// <summary>When something last happened to it.</summary>
    public DateTimeOffset LastUpdatedAt => _state?.LastUpdatedTimestamp?.ToDateTimeOffset() ?? default;

    /// <summary>Where it stands.</summary>
    public WorkflowRuntimeStatus RuntimeStatus => _state is null ? WorkflowRuntimeStatus.Unknown : (WorkflowRuntimeStatus)_state.WorkflowStatus;

    /// <summary>Why it failed; null when it did not, or when inputs and outputs were not asked for.</summary>
    public WorkflowTaskFailureDetails? FailureDetails =>
        _state?.FailureDetails is { } details ? WorkflowTaskFailureDetails.Of(details) : null;

    /// <summary>Reads what it was started with; the default of the type when there is nothing, or it was not asked for.</summary>
    public T? ReadInputAs<T>() => WorkflowJson.Read<T>(_state?.Input);

    /// <summary>Reads its result; the default of the type when there is none, or it was not asked for.</summary>
    public T? ReadOutputAs<T>() => WorkflowJson.Read<T>(_state?.Output);

    /// <summary>Reads the status it shows; the default of the type when there is none, or it was not asked for.</summary>
    public T? ReadCustomStatusAs<T>() => WorkflowJson.Read<T>(_state?.CustomStatus);
}
