using System.Text.Json;
using Dapr.Workflow.Protocol;

namespace Dapr.Workflow.Replay;

/// <summary>Something the workflow asked for that has not come to its end.</summary>
internal abstract class OpenTask
{
    /// <summary>What was asked for, in words that are the same for the action and for its event in the history.</summary>
    public required string What { get; init; }

    /// <summary>Tells this call from those of earlier executions with the same id; empty where the protocol has none.</summary>
    public string ExecutionKey { get; init; } = "";

    /// <summary>The action that asks for it.</summary>
    public required WorkflowAction Action { get; init; }

    /// <summary>Whether the history has it.</summary>
    public bool IsScheduled { get; set; }

    public abstract void Complete(string? json);

    public abstract void Fail(TaskFailureDetails? details);
}

/// <summary>An open task with a result.</summary>
/// <param name="failure">The beginning of the message when it fails.</param>
internal sealed class OpenTask<T>(string failure) : OpenTask
{
    // Continuations must run at once, not on threads of their own: their order is part of the replay.
    private readonly TaskCompletionSource<T> _source = new(TaskCreationOptions.None);

    public Task<T> Task => _source.Task;

    public override void Complete(string? json)
    {
        try
        {
            _source.TrySetResult(WorkflowJson.Read<T>(json));
        }
        catch (JsonException error)
        {
            _source.TrySetException(error);
        }
    }

    public override void Fail(TaskFailureDetails? details)
    {
        var told = WorkflowTaskFailureDetails.Of(details);
        _source.TrySetException(new WorkflowTaskFailedException($"{failure}: {told.ErrorMessage}", told));
    }

    public void Cancel(CancellationToken cancellationToken) => _source.TrySetCanceled(cancellationToken);
}
