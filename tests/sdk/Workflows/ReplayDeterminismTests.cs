using Agents.SdkTests.Scripted;
using Dapr.Workflow;
using Microsoft.Extensions.Logging;

namespace Agents.SdkTests.Workflows;

/// <summary>What must be the same in every replay, and what becomes of workflows that are not.</summary>
public sealed class ReplayDeterminismTests
{
    [Theory]
    [InlineData("other", "0 other()", "The history has the activity 'a' as action 0; the code of the workflow asked for the activity 'other'.")]
    [InlineData("timer", "0 +1s CreateTimer", "The history has the activity 'a' as action 0; the code of the workflow asked for a timer.")]
    [InlineData("child", "0 child a() as x", "The history has the activity 'a' as action 0; the code of the workflow asked for the child workflow 'a'.")]
    [InlineData("nothing", "", "The history has the activity 'a' as action 0; the code of the workflow did not ask for it.")]
    public void Code_that_no_longer_fits_its_history_fails(string changed, string alone, string reason)
    {
        var does = "activity";
        var instance = Instance.Of<int, int>(async (context, _) =>
        {
            switch (does)
            {
                case "activity":
                    await context.CallActivityAsync("a");
                    break;
                case "other":
                    await context.CallActivityAsync("other");
                    break;
                case "timer":
                    await context.CreateTimer(TimeSpan.FromSeconds(1), CancellationToken.None);
                    break;
                case "child":
                    await context.CallChildWorkflowAsync("a", null, new ChildWorkflowTaskOptions("x"));
                    break;
            }

            return await context.WaitForExternalEventAsync<int>("never");
        }, 0);

        Assert.Equal("0 a()", instance.Turn());
        does = changed;
        Assert.Equal($"{(alone.Length == 0 ? 0 : 1)} Failed {reason}", instance.Turn(instance.Completed(0, null)));
        Assert.Equal("Dapr.Workflow.Replay.NonDeterministicWorkflowException", instance.End!.FailureDetails.ErrorType);
    }

    [Fact]
    public void Code_that_asks_for_more_before_an_old_wait_fails()
    {
        var inserted = false;
        var instance = Instance.Of<int, int>(async (context, _) =>
        {
            if (inserted) await context.CallActivityAsync("new");
            return await context.CallActivityAsync<int>("a");
        }, 0);

        instance.Turn();
        inserted = true;
        Assert.StartsWith("1 Failed The history has the activity 'a'", instance.Turn(instance.Completed(0, "1")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_workflow_that_waits_for_anything_but_its_context_fails_at_once()
    {
        var instance = Instance.Of<int, int>(async (_, _) =>
        {
            await Task.Delay(TimeSpan.FromMinutes(10), TestContext.Current.CancellationToken);
            return 1;
        }, 0);

        Assert.StartsWith("0 Failed The workflow waits for something that is no task of its context", instance.Turn(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_context_is_of_no_use_on_other_threads()
    {
        var call = new TaskCompletionSource<Exception?>();
        var instance = Instance.Of<int, int>(async (context, _) =>
        {
            var other = Task.Run(() => call.TrySetResult(Record.Exception(() => context.NewGuid())));
            return await context.WaitForExternalEventAsync<int>("go");
        }, 0);

        Assert.Equal("", instance.Turn());

        Assert.IsType<InvalidOperationException>(await call.Task.WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Helpers_that_leave_the_context_of_threads_are_replayed_all_the_same()
    {
        var instance = Instance.Of<int, int>(async (context, _) =>
        {
            var all = await Task.WhenAll(Helper("a"), Helper("b")).ConfigureAwait(false);
            return all.Sum() + await context.CallActivityAsync<int>("c").ConfigureAwait(false);

            async Task<int> Helper(string name) => await context.CallActivityAsync<int>(name).ConfigureAwait(false);
        }, 0);

        Assert.Equal("0 a(); 1 b()", instance.Turn());
        Assert.Equal("2 c()", instance.Turn(instance.Completed(1, "1"), instance.Completed(0, "2")));
        Assert.Equal("3 Completed 7", instance.Turn(instance.Completed(2, "4")));
    }

    [Fact]
    public void An_exception_nobody_waits_for_fails_the_workflow()
    {
        var instance = Instance.Of<int, int>((context, _) =>
        {
            Forgotten(context);
            return context.WaitForExternalEventAsync<int>("go");
        }, 0);

        instance.Turn();
        Assert.Equal("1 Failed forgotten", instance.Turn(instance.Completed(0, null)));

        static async void Forgotten(WorkflowContext context)
        {
            await context.CallActivityAsync("a");
            throw new InvalidOperationException("forgotten");
        }
    }

    [Fact]
    public void Ids_are_the_same_in_replays_and_never_twice()
    {
        var seen = new List<string>();
        var instance = Instance.Of<int, int>(async (context, _) =>
        {
            seen.Add($"{context.NewGuid()} {context.NewGuid()}");
            await context.CallActivityAsync("a");
            return context.NewGuid() == context.NewGuid() ? 1 : 0;
        }, 0);

        instance.Turn();
        Assert.Equal("1 Completed 0", instance.Turn(instance.Completed(0, null)));

        Assert.Single(seen.Distinct());
        Assert.Equal(2, seen[0].Split(' ').Distinct().Count());
    }

    [Fact]
    public void A_replay_is_silent_and_keeps_the_status()
    {
        using var lines = new LogLines();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(lines));
        var instance = Instance.Of<int, bool>(async (context, _) =>
        {
            var logger = context.CreateReplaySafeLogger("w");
#pragma warning disable CA1848, CA1873 // A test needs no generated messages.
            logger.LogInformation("first");
            context.SetCustomStatus(new { step = 1 });
            await context.CallActivityAsync("a");
            logger.LogInformation("second {Replaying}", context.IsReplaying);
#pragma warning restore CA1848, CA1873
            await context.CallActivityAsync("b");
            return context.IsReplaying;
        }, 0, loggers);

        instance.Turn();
        Assert.Equal("{\"step\":1}", instance.Status);
        instance.Turn(instance.Completed(0, null));
        Assert.Equal("{\"step\":1}", instance.Status);
        Assert.Equal("2 Completed false", instance.Turn(instance.Completed(1, null)));

        Assert.Equal(["first", "second False"], lines.Of("w"));
    }

    [Fact]
    public void Input_of_another_shape_an_unknown_name_and_a_thrown_exception_fail_the_workflow()
    {
        var shape = new Instance(_ => new Numbers(), "text");
        var unknown = new Instance(name => throw new Dapr.Workflow.Replay.WorkflowNotFoundException(name));
        var thrown = Instance.Of<int, int>((_, _) => throw new InvalidOperationException("no", new ArgumentException("inner")), 0);

        Assert.StartsWith("0 Failed The JSON value could not be converted", shape.Turn(), StringComparison.Ordinal);
        Assert.Equal("0 Failed Workflow 'w' is not registered in this app.", unknown.Turn());
        Assert.Equal("WorkflowNotFound", unknown.End!.FailureDetails.ErrorType);
        Assert.Equal("0 Failed no", thrown.Turn());
        Assert.Equal("System.ArgumentException", thrown.End!.FailureDetails.InnerFailure.ErrorType);
    }

    private sealed class Numbers : Workflow<int, int>
    {
        public override Task<int> RunAsync(WorkflowContext context, int input) => Task.FromResult(input);
    }
}
