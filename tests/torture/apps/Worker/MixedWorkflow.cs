using Dapr.Workflow;

namespace Agents.Torture.Worker;

/// <summary>Does the steps of a plan, one kind per letter, and returns how many effects that made.</summary>
internal sealed class MixedWorkflow : Workflow<string, int>
{
    private static readonly WorkflowTaskOptions Retry = new(new WorkflowRetryPolicy(5, TimeSpan.FromMilliseconds(30)));

    public override async Task<int> RunAsync(WorkflowContext context, string plan)
    {
        var effects = 0;
        for (var i = 0; i < plan.Length; i++)
        {
            context.SetCustomStatus(i);
            effects += await StepAsync(context, plan[i], $"{context.InstanceId}/{i}", i);
        }
        return effects;
    }

    private static async Task<int> StepAsync(WorkflowContext context, char kind, string key, int i)
    {
        switch (kind)
        {
            case 'a':
                return await context.CallActivityAsync<int>("effect", key);
            case 'f':
                var all = await Task.WhenAll(Enumerable.Range(0, 3).Select(n => context.CallActivityAsync<int>("effect", $"{key}.{n}")));
                return all.Sum();
            case 't':
                await context.CreateTimer(TimeSpan.FromMilliseconds(20 + (i * 17 % 200)));
                return 0;
            case 'c':
                return await context.CallChildWorkflowAsync<int>("child", key, new ChildWorkflowTaskOptions($"{context.InstanceId}-{i}"));
            case 'e':
                var woken = context.WaitForExternalEventAsync<string>($"go-{i}");
                await context.CallActivityAsync<string>("poke", $"go-{i}");
                await woken;
                return 0;
            case 'r':
                return await context.CallActivityAsync<int>("flaky", key, Retry);
            default:
                throw new InvalidOperationException($"no step '{kind}'");
        }
    }
}

/// <summary>Two effects, with a timer between them.</summary>
internal sealed class ChildWorkflow : Workflow<string, int>
{
    public override async Task<int> RunAsync(WorkflowContext context, string key)
    {
        var first = await context.CallActivityAsync<int>("effect", $"{key}:1");
        await context.CreateTimer(TimeSpan.FromMilliseconds(20));
        return first + await context.CallActivityAsync<int>("effect", $"{key}:2");
    }
}
