using System.Collections.Concurrent;
using Agents.Conformance.Processes;
using Dapr.Workflow;

namespace Agents.Conformance.Workflows;

/// <summary>A workflow goes on where it was, whichever process dies under it.</summary>
public class WorkflowKillTests
{
    private const int Workflows = 12;
    private const int Steps = 8;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Every_step_of_every_workflow_is_done_however_often_the_runtime_is_killed(int seed)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.AddSqlite();
        world.AddCaller("app");
        await world.StartAsync(cancel);
        var effects = new ConcurrentDictionary<string, int>();
        await using var worker = await WorkerHost.StartAsync(world.GrpcPort(), options => Register(options, effects, cancel), cancel);
        for (var n = 0; n < Workflows; n++) await worker.Client.ScheduleNewWorkflowAsync("steps", $"k{n}", Steps);

        var random = new Random(seed);
        for (var kill = 0; kill < 4; kill++)
        {
            var enough = Math.Min(effects.Count + random.Next(5, 20), Workflows * Steps);
            await Wait.UntilAsync(() => effects.Count >= enough, "some steps were done", cancel);
            await world.Runtime.KillAsync();
            await world.StartRuntimeAsync(cancel);
        }

        for (var n = 0; n < Workflows; n++)
        {
            var state = await worker.Client.WaitForWorkflowCompletionAsync($"k{n}", cancellation: cancel);
            Assert.True(state.RuntimeStatus == WorkflowRuntimeStatus.Completed, state.FailureDetails?.ErrorMessage);
            Assert.Equal(Steps, state.ReadOutputAs<int>());
        }

        Assert.Equal(Workflows * Steps, effects.Count);
    }

    [Fact]
    public async Task A_timer_that_became_due_while_nothing_ran_fires_at_the_start()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.AddSqlite();
        world.AddCaller("app");
        await world.StartAsync(cancel);
        await using var worker = await WorkerHost.StartAsync(
            world.GrpcPort(), options => options.RegisterWorkflow<int, string>("timer", async (context, milliseconds) =>
            {
                await context.CreateTimer(TimeSpan.FromMilliseconds(milliseconds));
                return "fired";
            }),
            cancel);
        await worker.Client.ScheduleNewWorkflowAsync("timer", "t", 300);
        await world.Runtime.KillAsync();
        await Task.Delay(400, cancel);
        await world.StartRuntimeAsync(cancel);

        Assert.Equal("fired", (await worker.Client.WaitForWorkflowCompletionAsync("t", cancellation: cancel)).ReadOutputAs<string>());
    }

    private static void Register(WorkflowRuntimeOptions options, ConcurrentDictionary<string, int> effects, CancellationToken cancel)
    {
        options.RegisterActivity<int, int>("effect", async (context, n) =>
        {
            effects.AddOrUpdate($"{context.InstanceId}/{n}", 1, (_, times) => times + 1);
            await Task.Delay(10, cancel);
            return n + 1;
        });
        options.RegisterWorkflow<int, int>("steps", async (context, steps) =>
        {
            var n = 0;
            while (n < steps) n = await context.CallActivityAsync<int>("effect", n);
            return n;
        });
    }
}
