using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Agents.Conformance.Processes;
using Dapr.Workflow;

namespace Agents.Conformance.Workflows;

/// <summary>Workflows through the front door: the SDK as worker and as client, the runtime as a process.</summary>
public sealed class WorkflowTests : IAsyncLifetime
{
    private readonly World _world = new();
    private readonly ConcurrentDictionary<string, int> _calls = new();
    private WorkerHost? _worker;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private DaprWorkflowClient Client => _worker!.Client;

    public async ValueTask InitializeAsync()
    {
        _world.AddSqlite();
        _world.AddCaller("app");
        await _world.StartAsync(Cancel);
        _worker = await WorkerHost.StartAsync(_world.GrpcPort(), Register, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (_worker is not null) await _worker.DisposeAsync();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task Steps_run_one_after_the_other_and_at_the_same_time()
    {
        Assert.Equal("a>b>c", (await RunAsync("sequence", "a")).ReadOutputAs<string>());
        Assert.Equal(45, (await RunAsync("fan-out", 10)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task A_timer_fires_and_time_has_passed()
    {
        var state = await RunAsync("timer", 300);

        Assert.InRange(state.ReadOutputAs<double>(), 300, 5_000);
    }

    [Fact]
    public async Task An_event_wakes_a_workflow_and_one_that_does_not_come_runs_out()
    {
        await Client.ScheduleNewWorkflowAsync("event", "e1", 60_000);
        await Client.RaiseEventAsync("e1", "other", "no", Cancel);
        await Client.RaiseEventAsync("e1", "GO", "now", Cancel);

        Assert.Equal("now", (await Client.WaitForWorkflowCompletionAsync("e1", cancellation: Cancel)).ReadOutputAs<string>());
        Assert.Equal("late", (await RunAsync("event", 50)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_child_answers_and_a_failing_one_is_a_failure_its_parent_can_catch()
    {
        Assert.Equal("x>b>c | CAUGHT no", (await RunAsync("parent", "x")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_failing_activity_is_tried_again_and_a_hopeless_one_fails_the_workflow()
    {
        Assert.Equal(3, (await RunAsync("retries", 3)).ReadOutputAs<int>());
        var failed = await RunAsync("retries", 9);

        Assert.Equal(WorkflowRuntimeStatus.Failed, failed.RuntimeStatus);
        Assert.Contains("attempt 4", failed.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Continue_as_new_goes_on_with_an_empty_history_and_the_events_nobody_waited_for()
    {
        await Client.ScheduleNewWorkflowAsync("rounds", "r1", 0);
        for (var n = 1; n <= 30; n++) await Client.RaiseEventAsync("r1", "tick", n, Cancel);

        var state = await Client.WaitForWorkflowCompletionAsync("r1", cancellation: Cancel);
        Assert.Equal(465, state.ReadOutputAs<int>());
    }

    [Fact]
    public async Task A_terminated_workflow_takes_its_children_along()
    {
        await Client.ScheduleNewWorkflowAsync("patient-parent", "p1");
        await Wait.UntilAsync(async () => (await Client.GetWorkflowStateAsync("p1-child", cancellation: Cancel)).IsWorkflowRunning, "the child runs", Cancel);

        await Client.TerminateWorkflowAsync("p1", new { why = "enough" }, Cancel);

        var state = await Client.GetWorkflowStateAsync("p1", cancellation: Cancel);
        Assert.Equal((WorkflowRuntimeStatus.Terminated, "enough"), (state.RuntimeStatus, state.ReadOutputAs<JsonNode>()!["why"]!.GetValue<string>()));
        Assert.Equal(WorkflowRuntimeStatus.Terminated, (await Client.WaitForWorkflowCompletionAsync("p1-child", cancellation: Cancel)).RuntimeStatus);
    }

    [Fact]
    public async Task A_suspended_workflow_keeps_what_comes_until_it_is_resumed()
    {
        await Client.ScheduleNewWorkflowAsync("event", "s1", 60_000);
        await Client.SuspendWorkflowAsync("s1", "a pause", Cancel);
        Assert.Equal(WorkflowRuntimeStatus.Suspended, (await Client.GetWorkflowStateAsync("s1", cancellation: Cancel)).RuntimeStatus);
        await Client.RaiseEventAsync("s1", "go", "kept", Cancel);
        Assert.Equal(WorkflowRuntimeStatus.Suspended, (await Client.GetWorkflowStateAsync("s1", cancellation: Cancel)).RuntimeStatus);

        await Client.ResumeWorkflowAsync("s1", "on", Cancel);

        Assert.Equal("kept", (await Client.WaitForWorkflowCompletionAsync("s1", cancellation: Cancel)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_custom_status_shows_while_the_workflow_runs_and_counts_as_what_it_was_last()
    {
        await Client.ScheduleNewWorkflowAsync("status", "c1");
        await Wait.UntilAsync(
            async () => (await Client.GetWorkflowStateAsync("c1", cancellation: Cancel)).ReadCustomStatusAs<string>() == "waiting", "the status shows", Cancel);
        await Client.RaiseEventAsync("c1", "go", null, Cancel);

        Assert.Equal("done", (await Client.WaitForWorkflowCompletionAsync("c1", cancellation: Cancel)).ReadCustomStatusAs<string>());
    }

    [Fact]
    public async Task An_ended_workflow_is_purged_with_its_children_and_one_that_goes_on_is_not()
    {
        await Client.ScheduleNewWorkflowAsync("event", "g1", 60_000);
        var refused = await Assert.ThrowsAsync<Dapr.DaprApiException>(() => Client.PurgeInstanceAsync("g1", Cancel));
        Assert.Contains("orchestration has not yet completed", refused.Message, StringComparison.Ordinal);
        await RunAsync("parent", "x", "g2");

        Assert.True(await Client.PurgeInstanceAsync("g2", Cancel));

        Assert.False((await Client.GetWorkflowStateAsync("g2", cancellation: Cancel)).Exists);
        Assert.False((await Client.GetWorkflowStateAsync("g2-child", cancellation: Cancel)).Exists);
        await Assert.ThrowsAsync<Dapr.DaprApiException>(() => Client.PurgeInstanceAsync("g2", Cancel));
    }

    [Fact]
    public async Task A_scheduled_workflow_waits_for_its_time_and_can_be_terminated_before()
    {
        var began = TimeProvider.System.GetUtcNow();
        await Client.ScheduleNewWorkflowAsync("sequence", "t1", "a", began.AddMilliseconds(700), Cancel);
        await Client.ScheduleNewWorkflowAsync("sequence", "t2", "a", began.AddHours(1), Cancel);
        Assert.Equal(WorkflowRuntimeStatus.Pending, (await Client.GetWorkflowStateAsync("t2", cancellation: Cancel)).RuntimeStatus);
        await Client.TerminateWorkflowAsync("t2", "no", Cancel);

        Assert.Equal(WorkflowRuntimeStatus.Terminated, (await Client.GetWorkflowStateAsync("t2", cancellation: Cancel)).RuntimeStatus);
        Assert.Equal("a>b>c", (await Client.WaitForWorkflowCompletionAsync("t1", cancellation: Cancel)).ReadOutputAs<string>());
        Assert.True(TimeProvider.System.GetUtcNow() - began >= TimeSpan.FromMilliseconds(700));
    }

    [Fact]
    public async Task Only_one_instance_of_an_id_is_active_and_an_ended_one_makes_room()
    {
        await Client.ScheduleNewWorkflowAsync("event", "d1", 60_000);
        var twice = await Assert.ThrowsAsync<Dapr.DaprApiException>(() => Client.ScheduleNewWorkflowAsync("event", "d1", 60_000));
        Assert.Equal("AlreadyExists", twice.ErrorCode);

        await Client.TerminateWorkflowAsync("d1", cancellation: Cancel);

        Assert.Equal("late", (await RunAsync("event", 20, "d1")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Two_replicas_share_the_work_and_when_one_goes_the_other_does_the_rest()
    {
        var second = await WorkerHost.StartAsync(_world.GrpcPort(), Register, Cancel);
        await Wait.UntilAsync(async () => await ConnectedAsync() == 2, "both are connected", Cancel);
        for (var n = 0; n < 40; n++) await Client.ScheduleNewWorkflowAsync("slow", $"w{n}", 5);
        await second.DisposeAsync();

        for (var n = 0; n < 40; n++)
            Assert.Equal(5, (await Client.WaitForWorkflowCompletionAsync($"w{n}", cancellation: Cancel)).ReadOutputAs<int>());
        Assert.Equal(1, await ConnectedAsync());
    }

    private async Task<int> ConnectedAsync()
    {
        var metadata = await _world.Api().Http.GetFromJsonAsync<JsonNode>("/v1.0/metadata", Cancel);
        return metadata!["workflows"]?["connectedWorkers"]?.GetValue<int>() ?? 0;
    }

    private async Task<WorkflowState> RunAsync(string name, object? input, string? id = null)
    {
        id = await Client.ScheduleNewWorkflowAsync(name, id, input);
        return await Client.WaitForWorkflowCompletionAsync(id, cancellation: Cancel);
    }

    private void Register(WorkflowRuntimeOptions options)
    {
        options.RegisterActivity<string, string>("append", (_, text) => Task.FromResult(text));
        options.RegisterActivity<int, int>("echo", async (_, n) =>
        {
            await Task.Delay(5, Cancel);
            return n;
        });
        options.RegisterActivity<string, int>("flaky", (context, goal) =>
        {
            var attempt = _calls.AddOrUpdate(context.InstanceId, 1, (_, n) => n + 1);
            return attempt >= int.Parse(goal, System.Globalization.CultureInfo.InvariantCulture) ? Task.FromResult(attempt) : throw new InvalidOperationException($"attempt {attempt}");
        });
        options.RegisterWorkflow<string, string>("sequence", async (context, text) =>
        {
            foreach (var next in (string[])["b", "c"]) text = await context.CallActivityAsync<string>("append", $"{text}>{next}");
            return text;
        });
        options.RegisterWorkflow<int, int>("fan-out", async (context, n) =>
            (await Task.WhenAll(Enumerable.Range(0, n).Select(i => context.CallActivityAsync<int>("echo", i)))).Sum());
        options.RegisterWorkflow<int, int>("slow", async (context, n) =>
        {
            for (var i = 0; i < n; i++) await context.CallActivityAsync<int>("echo", i);
            return n;
        });
        options.RegisterWorkflow<int, double>("timer", async (context, milliseconds) =>
        {
            var began = context.CurrentUtcDateTime;
            await context.CreateTimer(TimeSpan.FromMilliseconds(milliseconds));
            return (context.CurrentUtcDateTime - began).TotalMilliseconds;
        });
        options.RegisterWorkflow<int, string>("event", async (context, milliseconds) =>
        {
            try
            {
                return await context.WaitForExternalEventAsync<string>("go", TimeSpan.FromMilliseconds(milliseconds));
            }
            catch (TaskCanceledException)
            {
                return "late";
            }
        });
        options.RegisterWorkflow<string, string>("failing", (_, why) => throw new InvalidOperationException(why));
        options.RegisterWorkflow<string, string>("parent", async (context, text) =>
        {
            var child = await context.CallChildWorkflowAsync<string>("sequence", text, new ChildWorkflowTaskOptions($"{context.InstanceId}-child"));
            try
            {
                return await context.CallChildWorkflowAsync<string>("failing", "no");
            }
            catch (WorkflowTaskFailedException error)
            {
                return $"{child} | CAUGHT {error.FailureDetails.ErrorMessage}";
            }
        });
        options.RegisterWorkflow<string, string>("patient-parent", (context, _) =>
            context.CallChildWorkflowAsync<string>("event", 600_000, new ChildWorkflowTaskOptions($"{context.InstanceId}-child")));
        options.RegisterWorkflow<int, int>("retries", (context, goal) => context.CallActivityAsync<int>(
            "flaky", $"{goal}", new WorkflowTaskOptions(new WorkflowRetryPolicy(4, TimeSpan.FromMilliseconds(20)))));
        options.RegisterWorkflow<int, int>("rounds", async (context, sum) =>
        {
            var tick = await context.WaitForExternalEventAsync<int>("tick");
            if (tick < 30) context.ContinueAsNew(sum + tick);
            return sum + tick;
        });
        options.RegisterWorkflow<string, string>("status", async (context, _) =>
        {
            context.SetCustomStatus("waiting");
            await context.WaitForExternalEventAsync<object?>("go");
            context.SetCustomStatus("done");
            return "";
        });
    }
}
