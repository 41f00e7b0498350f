using Dapr.Workflow;

namespace Agents.SdkTests.Workflows;

/// <summary>Activities and child workflows.</summary>
public sealed class ReplayCallTests
{
    [Fact]
    public void A_sequence_takes_a_turn_for_each_step()
    {
        var instance = Instance.Of<string, string>(async (context, name) =>
        {
            var first = await context.CallActivityAsync<string>("hello", name);
            var second = await context.CallActivityAsync<string>("hello", first);
            await context.CallActivityAsync("save");
            return $"{first}, {second}";
        }, "Bob");

        Assert.Equal("0 hello(\"Bob\")", instance.Turn());
        Assert.Equal("1 hello(\"a\")", instance.Turn(instance.Completed(0, "\"a\"")));
        Assert.Equal("2 save()", instance.Turn(instance.Completed(1, "\"b\"")));
        Assert.Equal("3 Completed \"a, b\"", instance.Turn(instance.Completed(2, null)));
    }

    [Fact]
    public void A_fan_out_takes_results_in_any_order_and_any_number_a_turn()
    {
        var instance = Instance.Of<int, int>(async (context, count) =>
        {
            var results = await Task.WhenAll(Enumerable.Range(0, count).Select(i => context.CallActivityAsync<int>("square", i)));
            return results.Sum();
        }, 4);

        Assert.Equal("0 square(0); 1 square(1); 2 square(2); 3 square(3)", instance.Turn());
        Assert.Equal("", instance.Turn(instance.Completed(2, "4"), instance.Completed(0, "0")));
        Assert.Equal("", instance.Turn(instance.Completed(2, "400")));
        Assert.Equal("4 Completed 14", instance.Turn(instance.Completed(3, "9"), instance.Completed(1, "1")));
    }

    [Fact]
    public void A_fan_out_with_a_limit_keeps_the_order_of_results_and_tells_all_failures()
    {
        var instance = Instance.Of<int, string>(async (context, count) =>
        {
            try
            {
                var results = await context.ProcessInParallelAsync(Enumerable.Range(0, count), i => context.CallActivityAsync<int>("a", i), 2);
                return string.Join(',', results);
            }
            catch (AggregateException error)
            {
                return $"{error.InnerExceptions.Count} failed";
            }
        }, 3);

        Assert.Equal("0 a(0); 1 a(1)", instance.Turn());
        Assert.Equal("2 a(2)", instance.Turn(instance.Completed(1, "11")));
        Assert.Equal("", instance.Turn(instance.Failed(0, "E", "no")));
        Assert.Equal("3 Completed \"1 failed\"", instance.Turn(instance.Completed(2, "12")));
    }

    [Fact]
    public void A_failed_activity_throws_and_what_is_not_caught_fails_the_workflow()
    {
        var instance = Instance.Of<int, int>(async (context, _) =>
        {
            var caught = await Assert.ThrowsAsync<WorkflowTaskFailedException>(() => context.CallActivityAsync("bad"));
            Assert.True(caught.FailureDetails.IsCausedBy<InvalidOperationException>());
            Assert.True(caught.FailureDetails.IsCausedBy<SystemException>());
            Assert.False(caught.FailureDetails.IsCausedBy<ArgumentException>());
            return await context.CallActivityAsync<int>("worse");
        }, 0);

        instance.Turn();
        instance.Turn(instance.Failed(0, "System.InvalidOperationException", "broken"));
        Assert.Equal("2 Failed Task failed: odd", instance.Turn(instance.Failed(1, "Error, [of] JavaScript", "odd")));

        var details = instance.End!.FailureDetails;
        Assert.Equal(typeof(WorkflowTaskFailedException).FullName, details.ErrorType);
        Assert.True(details.IsNonRetriable);
        Assert.Contains(nameof(ReplayCallTests), details.StackTrace, StringComparison.Ordinal);
        Assert.False(new WorkflowTaskFailureDetails("Error, [of] JavaScript", "odd").IsCausedBy<Exception>());
    }

    [Fact]
    public void A_child_workflow_gives_its_result_or_throws()
    {
        var instance = Instance.Of<int, string>(async (context, input) =>
        {
            var result = await context.CallChildWorkflowAsync<string>("c", input, new ChildWorkflowTaskOptions("my-child"));
            var error = await Assert.ThrowsAsync<WorkflowTaskFailedException>(() => context.CallChildWorkflowAsync("d"));
            return $"{result} {error.Message}";
        }, 5);

        Assert.Equal("0 child c(5) as my-child", instance.Turn());
        Assert.Matches("^1 child d\\(\\) as [0-9a-f-]{36}$", instance.Turn(instance.Event(
            it => it.ChildWorkflowInstanceCompleted = new() { TaskScheduledId = 0, Result = "\"done\"" })));
        Assert.Equal("2 Completed \"done Child workflow \\u0027d\\u0027 failed: gone\"", instance.Turn(instance.Event(
            it => it.ChildWorkflowInstanceFailed = new() { TaskScheduledId = 1, FailureDetails = new() { ErrorType = "E", ErrorMessage = "gone" } })));
    }

    [Fact]
    public void A_retry_policy_waits_longer_each_time_and_rethrows_the_last_failure()
    {
        var policy = new WorkflowRetryPolicy(4, TimeSpan.FromSeconds(1), 3, TimeSpan.FromSeconds(5));
        var instance = Instance.Of<int, int>(
            (context, _) => context.CallActivityAsync<int>("flaky", null, new WorkflowTaskOptions(policy)), 0);

        Assert.Equal("0 flaky()", instance.Turn());
        var first = instance.Actions[0].ScheduleTask.TaskExecutionId;
        Assert.Equal("1 +1s ActivityRetry", instance.Turn(instance.Failed(0, "E", "1")));
        Assert.Equal(first, instance.Actions[0].CreateTimer.ActivityRetry.TaskExecutionId);
        Assert.Equal("2 flaky()", instance.Turn(instance.Fired(1)));
        Assert.NotEqual(first, instance.Actions[0].ScheduleTask.TaskExecutionId);
        Assert.Equal("3 +3s ActivityRetry", instance.Turn(instance.Failed(2, "E", "2")));
        Assert.Equal("4 flaky()", instance.Turn(instance.Fired(3)));
        Assert.Equal("5 +5s ActivityRetry", instance.Turn(instance.Failed(4, "E", "3")));
        Assert.Equal("6 flaky()", instance.Turn(instance.Fired(5)));
        Assert.Equal("7 Failed Task failed: 4", instance.Turn(instance.Failed(6, "E", "4")));
    }

    [Fact]
    public void Retries_end_with_success_or_when_their_time_is_over()
    {
        var policy = new WorkflowRetryPolicy(100, TimeSpan.FromSeconds(1), retryTimeout: TimeSpan.FromSeconds(10));
        var instance = Instance.Of<int, string>(async (context, _) =>
        {
            var child = await context.CallChildWorkflowAsync<int>("c", null, new ChildWorkflowTaskOptions("c1", policy));
            try
            {
                return await context.CallActivityAsync<string>("never", child, new WorkflowTaskOptions(policy));
            }
            catch (WorkflowTaskFailedException error)
            {
                return error.FailureDetails.ErrorMessage;
            }
        }, 0);

        instance.Turn();
        Assert.Equal("1 +1s ChildWorkflowRetry", instance.Turn(instance.Event(
            it => it.ChildWorkflowInstanceFailed = new() { TaskScheduledId = 0, FailureDetails = new() { ErrorType = "E", ErrorMessage = "1" } })));
        instance.Turn(instance.Fired(1));
        Assert.Equal("3 never(7)", instance.Turn(instance.Event(it => it.ChildWorkflowInstanceCompleted = new() { TaskScheduledId = 2, Result = "7" })));
        instance.Now += TimeSpan.FromSeconds(10);
        Assert.Equal("4 Completed \"late\"", instance.Turn(instance.Failed(3, "E", "late")));
    }

    [Fact]
    public void A_policy_that_makes_no_sense_is_refused()
    {
        var second = TimeSpan.FromSeconds(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkflowRetryPolicy(0, second));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkflowRetryPolicy(1, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkflowRetryPolicy(1, second, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkflowRetryPolicy(1, second, maxRetryInterval: second / 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkflowRetryPolicy(1, second, retryTimeout: second / 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WorkflowRetryPolicy(1, TimeSpan.FromHours(2)));
    }

    [Fact]
    public void The_key_of_a_call_is_the_same_in_replays_and_differs_between_executions()
    {
        var instance = Instance.Of<int, int>(async (context, round) =>
        {
            await context.CallActivityAsync("a");
            if (round == 0) context.ContinueAsNew(1);
            return round;
        }, 0);

        instance.Turn();
        var key = instance.Actions[0].ScheduleTask.TaskExecutionId;
        instance.Turn(instance.Completed(0, null));
        Assert.Equal("0 a()", instance.Turn());
        Assert.NotEqual(key, instance.Actions[0].ScheduleTask.TaskExecutionId);

        // An answer to the call of the earlier execution, which has the same id.
        var stale = instance.Completed(0, null);
        stale.TaskCompleted.TaskExecutionId = key;
        Assert.Equal("", instance.Turn(stale));
        Assert.Equal("1 Completed 1", instance.Turn(instance.Completed(0, null)));
    }
}
