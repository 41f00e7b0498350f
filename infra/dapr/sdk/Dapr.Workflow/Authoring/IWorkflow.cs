namespace Dapr.Workflow;

/// <summary>What workers need of a workflow; derive from <see cref="Workflow{TInput,TOutput}"/>.</summary>
public interface IWorkflow
{
    /// <summary>What it takes.</summary>
    Type InputType { get; }

    /// <summary>What it returns.</summary>
    Type OutputType { get; }

    /// <summary>Runs it, from its beginning in every turn.</summary>
    Task<object?> RunAsync(WorkflowContext context, object? input);
}
