namespace Dapr.Workflow;

/// <summary>A function that survives restarts: it is run again from its beginning, over its history, whenever something happened.</summary>
/// <remarks>
/// So it must do the same each time: take the time, ids and all effects from the context, and await nothing but tasks of the context.
/// A history the code cannot have made fails the workflow.
/// </remarks>
public abstract class Workflow<TInput, TOutput> : IWorkflow
{
    Type IWorkflow.InputType => typeof(TInput);

    Type IWorkflow.OutputType => typeof(TOutput);

    /// <summary>The function.</summary>
    /// <param name="context">What the workflow may use.</param>
    /// <param name="input">What it was started with.</param>
    public abstract Task<TOutput> RunAsync(WorkflowContext context, TInput input);

    async Task<object?> IWorkflow.RunAsync(WorkflowContext context, object? input) => await RunAsync(context, (TInput)input!);
}
