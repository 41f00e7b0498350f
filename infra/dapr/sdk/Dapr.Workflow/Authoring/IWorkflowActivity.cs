namespace Dapr.Workflow.Abstractions;

/// <summary>What workers need of an activity; derive from <see cref="WorkflowActivity{TInput,TOutput}"/>.</summary>
public interface IWorkflowActivity
{
    /// <summary>What it takes.</summary>
    Type InputType { get; }

    /// <summary>What it returns.</summary>
    Type OutputType { get; }

    /// <summary>Runs it.</summary>
    Task<object?> RunAsync(WorkflowActivityContext context, object? input);
}
