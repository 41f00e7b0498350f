using System.Collections.Concurrent;
using Dapr.Workflow;

namespace Agents.SdkTests.Workflows;

internal sealed class Greeting : Workflow<string, string>
{
    public override Task<string> RunAsync(WorkflowContext context, string input) => context.CallActivityAsync<string>(nameof(Hello), input);
}

internal sealed class Hello : WorkflowActivity<string, string>
{
    public override Task<string> RunAsync(WorkflowActivityContext context, string input) =>
        Task.FromResult($"{context.Identifier} {input} of {context.InstanceId}, {context.TaskExecutionKey}".Replace("hello", "Hello", StringComparison.Ordinal));
}

internal sealed class Slow(Gate gate) : WorkflowActivity<object?, int>
{
    public override async Task<int> RunAsync(WorkflowActivityContext context, object? input)
    {
        gate.Enter();
        await gate.Open.Task;
        gate.Leave();
        return 0;
    }
}

internal sealed class Unmade(ConcurrentBag<Unmade> notRegistered) : WorkflowActivity<object?, int>
{
    public override Task<int> RunAsync(WorkflowActivityContext context, object? input) => Task.FromResult(notRegistered.Count);
}

internal sealed class Gate
{
    private readonly Lock _lock = new();

    public TaskCompletionSource Open { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Inside { get; private set; }

    public int Most { get; private set; }

    public void Enter()
    {
        lock (_lock) Most = Math.Max(Most, ++Inside);
    }

    public void Leave()
    {
        lock (_lock) Inside--;
    }
}
