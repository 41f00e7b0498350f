namespace Agents.SdkTests.Workflows;

/// <summary>Timers, events, suspension and new beginnings.</summary>
public sealed class ReplayWaitTests
{
    [Fact]
    public void A_timer_fires_by_the_clock_of_the_turns()
    {
        var instance = Instance.Of<int, string>(async (context, _) =>
        {
            var before = context.CurrentUtcDateTime;
            await context.CreateTimer(TimeSpan.FromMinutes(1), CancellationToken.None);
            await context.CreateTimer(before.AddHours(1), CancellationToken.None);
            return $"{(context.CurrentUtcDateTime - before).TotalMinutes}";
        }, 0);

        Assert.Equal("0 +60s CreateTimer", instance.Turn());
        instance.Now += TimeSpan.FromMinutes(2);
        Assert.Equal("1 +3480s CreateTimer", instance.Turn(instance.Fired(0)));
        instance.Now += TimeSpan.FromMinutes(60);
        Assert.Equal("2 Completed \"62\"", instance.Turn(instance.Fired(1)));
    }

    [Fact]
    public void The_first_of_several_tasks_goes_on_and_a_cancelled_timer_is_let_go()
    {
        var instance = Instance.Of<int, string>(async (context, _) =>
        {
            using var cancel = new CancellationTokenSource();
            var timer = context.CreateTimer(TimeSpan.FromHours(1), cancel.Token);
            var work = context.CallActivityAsync<string>("work");
            var winner = await Task.WhenAny(timer, work);
#pragma warning disable CA1849 // Only a cancellation on the spot can be replayed.
            cancel.Cancel();
#pragma warning restore CA1849
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => timer);
            return winner == work ? await work : "late";
        }, 0);

        Assert.Equal("0 +3600s CreateTimer; 1 work()", instance.Turn());
        Assert.Equal("2 Completed \"in time\"", instance.Turn(instance.Completed(1, "\"in time\""), instance.Fired(0)));
    }

    [Fact]
    public void Events_come_early_or_late_in_order_and_whatever_their_case()
    {
        var instance = Instance.Of<int, string>(async (context, _) =>
        {
            await context.CallActivityAsync("a");
            var first = await context.WaitForExternalEventAsync<string>("go");
            var second = await context.WaitForExternalEventAsync<string>("GO");
            var both = await Task.WhenAll(context.WaitForExternalEventAsync<int>("n"), context.WaitForExternalEventAsync<int>("n"));
            return $"{first}{second}{both[0]}{both[1]}";
        }, 0);

        instance.Turn(instance.Raised("Go", "\"x\""), instance.Raised("n", "1"));
        Assert.Equal("", instance.Turn(instance.Completed(0, null)));
        Assert.Equal("", instance.Turn(instance.Raised("gO", "\"y\"")));
        Assert.Equal("1 Completed \"xy12\"", instance.Turn(instance.Raised("N", "2")));
    }

    [Theory]
    [InlineData(true, "1 Completed \"yes\"")]
    [InlineData(false, "1 Completed \"timeout\"")]
    public void An_event_with_a_timeout_comes_in_time_or_not_at_all(bool comes, string end)
    {
        var instance = Instance.Of<int, string>(async (context, _) =>
        {
            try
            {
                return await context.WaitForExternalEventAsync<string>("go", TimeSpan.FromSeconds(30));
            }
            catch (TaskCanceledException)
            {
                return "timeout";
            }
        }, 0);

        Assert.Equal("0 +30s ExternalEvent", instance.Turn());
        Assert.Equal("go", instance.Actions[0].CreateTimer.ExternalEvent.Name);
        var (first, second) = (instance.Raised("go", "\"yes\""), instance.Fired(0));
        Assert.Equal(end, comes ? instance.Turn(first, second) : instance.Turn(second, first));
    }

    [Fact]
    public void A_timeout_of_zero_is_over_at_once_and_a_negative_one_never()
    {
        var instance = Instance.Of<int, int>(async (context, _) =>
        {
            await Assert.ThrowsAsync<TaskCanceledException>(() => context.WaitForExternalEventAsync<int>("go", TimeSpan.Zero));
            return await context.WaitForExternalEventAsync<int>("go", Timeout.InfiniteTimeSpan);
        }, 0);

        Assert.Equal("", instance.Turn());
        Assert.Equal("0 Completed 3", instance.Turn(instance.Raised("go", "3")));
    }

    [Fact]
    public void A_suspended_workflow_keeps_what_happens_until_it_is_resumed()
    {
        var instance = Instance.Of<int, int>(async (context, _) =>
        {
            var one = await context.CallActivityAsync<int>("one");
            context.SetCustomStatus("half");
            var two = await context.WaitForExternalEventAsync<int>("two");
            return await context.CallActivityAsync<int>("sum", one + two);
        }, 0);

        instance.Turn();
        Assert.Equal("", instance.Turn(instance.Suspended()));
        Assert.Equal("", instance.Turn(instance.Completed(0, "1"), instance.Raised("two", "2")));
        Assert.Null(instance.Status);
        Assert.Equal("1 sum(3)", instance.Turn(instance.Resumed()));
        Assert.Equal("\"half\"", instance.Status);
        Assert.Equal("2 Completed 9", instance.Turn(instance.Completed(1, "9")));
    }

    [Fact]
    public void What_was_asked_for_in_the_turn_of_a_suspension_is_asked_for_after_it()
    {
        var instance = Instance.Of<int, int>(async (context, _) =>
        {
            await context.CallActivityAsync("one");
            await context.CallActivityAsync("two");
            return 0;
        }, 0);

        instance.Turn();
        Assert.Equal("", instance.Turn(instance.Completed(0, null), instance.Suspended()));
        Assert.Equal("1 two()", instance.Turn(instance.Resumed()));
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 0)]
    public void A_new_beginning_has_an_empty_history_and_takes_events_along_if_wanted(bool keeps, int carried)
    {
        var instance = Instance.Of<int, int>(async (context, round) =>
        {
            await context.WaitForExternalEventAsync<int>("go");
            if (round < 1) context.ContinueAsNew(round + 1, keeps);
            return round;
        }, 0);

        instance.Turn();
        Assert.Equal("0 ContinuedAsNew 1", instance.Turn(instance.Raised("go", "1"), instance.Raised("go", "2"), instance.Raised("other", "3")));
        var events = instance.End!.CarryoverEvents.ToArray();
        Assert.Equal(carried, events.Length);
        Assert.Equal(keeps ? "0 Completed 1" : "", instance.Turn(events));
    }

    [Fact]
    public void Termination_ends_the_workflow_whatever_it_does()
    {
        var instance = Instance.Of<int, int>(async (context, _) => await context.CallActivityAsync<int>("a"), 0);

        instance.Turn();
        Assert.Equal("1 Terminated", instance.Turn(
            instance.Completed(0, "1"), instance.Event(it => it.ExecutionTerminated = new() { Input = "\"why\"" })));
    }

    [Fact]
    public void An_event_for_another_instance_is_asked_for_and_not_waited_for()
    {
        var instance = Instance.Of<int, int>(async (context, _) =>
        {
            context.SendEvent("other", "ping", new { n = 1 });
            return await context.WaitForExternalEventAsync<int>("pong");
        }, 0);

        Assert.Equal("0 send ping({\"n\":1}) to other", instance.Turn());
        Assert.Equal("1 Completed 2", instance.Turn(instance.Raised("pong", "2")));
    }
}
