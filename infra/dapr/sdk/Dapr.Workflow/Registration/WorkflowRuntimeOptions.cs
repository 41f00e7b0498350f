using Dapr.Workflow.Abstractions;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Workflow;

/// <summary>The workflows and activities this app runs. Names are found whatever their case; of two of the same name the first counts.</summary>
public sealed class WorkflowRuntimeOptions
{
    private readonly Dictionary<string, Func<IServiceProvider, IWorkflow>> _workflows = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, Func<IServiceProvider, IWorkflowActivity>> _activities = new(StringComparer.OrdinalIgnoreCase);

    internal bool IsEmpty => _workflows.Count == 0 && _activities.Count == 0;

    /// <summary>Runs a class, created for every turn with the services its constructor asks for.</summary>
    /// <param name="name">The name; null for that of the class.</param>
    public void RegisterWorkflow<TWorkflow>(string? name = null) where TWorkflow : class, IWorkflow =>
        _workflows.TryAdd(name ?? typeof(TWorkflow).Name, services => ActivatorUtilities.CreateInstance<TWorkflow>(services));

    /// <summary>Runs a function.</summary>
    public void RegisterWorkflow<TInput, TOutput>(string name, Func<WorkflowContext, TInput, Task<TOutput>> implementation)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(implementation);
        var workflow = new FunctionWorkflow<TInput, TOutput>(implementation);
        _workflows.TryAdd(name, _ => workflow);
    }

    /// <summary>Runs a class, created for every call with the services its constructor asks for.</summary>
    /// <param name="name">The name; null for that of the class.</param>
    public void RegisterActivity<TActivity>(string? name = null) where TActivity : class, IWorkflowActivity =>
        _activities.TryAdd(name ?? typeof(TActivity).Name, services => ActivatorUtilities.CreateInstance<TActivity>(services));

    /// <summary>Runs a function.</summary>
    public void RegisterActivity<TInput, TOutput>(string name, Func<WorkflowActivityContext, TInput, Task<TOutput>> implementation)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(implementation);
        var activity = new FunctionActivity<TInput, TOutput>(implementation);
        _activities.TryAdd(name, _ => activity);
    }

    internal IWorkflow? CreateWorkflow(string name, IServiceProvider services) => _workflows.GetValueOrDefault(name)?.Invoke(services);

    internal IWorkflowActivity? CreateActivity(string name, IServiceProvider services) => _activities.GetValueOrDefault(name)?.Invoke(services);

    private sealed class FunctionWorkflow<TInput, TOutput>(Func<WorkflowContext, TInput, Task<TOutput>> run) : Workflow<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(WorkflowContext context, TInput input) => run(context, input);
    }

    private sealed class FunctionActivity<TInput, TOutput>(Func<WorkflowActivityContext, TInput, Task<TOutput>> run) : WorkflowActivity<TInput, TOutput>
    {
        public override Task<TOutput> RunAsync(WorkflowActivityContext context, TInput input) => run(context, input);
    }
}
