using Dapr.Workflow.Abstractions;

namespace Dapr.Workflow;

/// <summary>A step of workflows, which may do anything. It runs at least once: after a crash, perhaps twice.</summary>
public abstract class WorkflowActivity<TInput, TOutput> : IWorkflowActivity
{
    Type IWorkflowActivity.InputType => typeof(TInput);

    Type IWorkflowActivity.OutputType => typeof(TOutput);

    /// <summary>Does the step; an exception reaches the workflow as <see cref="WorkflowTaskFailedException"/>.</summary>
    public abstract Task<TOutput> RunAsync(WorkflowActivityContext context, TInput input);

    async Task<object?> IWorkflowActivity.RunAsync(WorkflowActivityContext context, object? input) => await RunAsync(context, (TInput)input!);
}
