using Agents.Analytics.Alerts;
using Agents.Analytics.Archive;
using Agents.Analytics.Tests.Folding;

namespace Agents.Analytics.Tests.Alerts;

/// <summary>When conditions hold, over figures as they are folded.</summary>
public sealed class AlertLookTests
{
    private static readonly DateTimeOffset Noon = SomeEvents.Noon;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(AlertSide.Above, 9, true), InlineData(AlertSide.Above, 10, false), InlineData(AlertSide.Below, 11, true), InlineData(AlertSide.Below, 10, false)]
    public async Task A_threshold_is_crossed(AlertSide side, int value, bool holds) =>
        Assert.Equal((holds, 10), await LookAsync(Calls(10, 0), Rule("calls", AlertCondition.Threshold, value) with { Side = side }));

    [Fact]
    public async Task Only_the_value_that_is_meant_counts()
    {
        var rule = Rule("calls", AlertCondition.Threshold, 3) with { GroupBy = "model" };
        Assert.Equal((true, 10), await LookAsync(Calls(10, 0), rule with { Of = "small" }));
        Assert.Equal((false, 0), await LookAsync(Calls(10, 0), rule with { Of = "large" }));
    }

    [Theory]
    [InlineData(10, 4, true), InlineData(10, 6, false), InlineData(10, 0, null)]
    public async Task A_change_is_measured_against_the_window_before(int now, int before, bool? holds) =>
        Assert.Equal(holds, (await LookAsync([.. Calls(now, 0), .. Calls(before, 10)], Rule("calls", AlertCondition.Change, 1))).Holds);

    [Fact]
    public async Task A_budget_burns_when_it_still_does()
    {
        var rule = Rule("error_rate", AlertCondition.BurnRate, 10) with { Objective = 0.99m, Minutes = 60 };
        Assert.True((await LookAsync(Turns(50, 20, 1), rule)).Holds);
        Assert.False((await LookAsync(Turns(50, 20, 30), rule)).Holds);
        Assert.False((await LookAsync(Turns(50, 2, 1), rule)).Holds);
        Assert.False((await LookAsync([], rule)).Holds);
    }

    [Fact]
    public async Task Absence_is_noticed()
    {
        Assert.True((await LookAsync(Calls(3, 20), Rule("calls", AlertCondition.Absence, 0))).Holds);
        Assert.False((await LookAsync(Calls(3, 2), Rule("calls", AlertCondition.Absence, 0))).Holds);
    }

    private static AlertRule Rule(string figure, AlertCondition condition, decimal value) =>
        new("alert_1", "one", figure, null, null, condition, AlertSide.Above, value, null, 10, null);

    private static List<ArchivedEvent> Calls(int count, int minutesAgo) =>
        [.. Enumerable.Range(0, count).Select(n => SomeEvents.Call($"c{minutesAgo}.{n}", Noon.AddMinutes(-minutesAgo)))];

    private static List<ArchivedEvent> Turns(int completed, int failed, int minutesAgo) =>
    [
        .. Enumerable.Range(0, completed).Select(n => SomeEvents.Turn($"t{n}", Noon.AddMinutes(-minutesAgo))),
        .. Enumerable.Range(0, failed).Select(n => SomeEvents.FailedTurn($"f{n}", Noon.AddMinutes(-minutesAgo))),
    ];

    private static async Task<(bool? Holds, decimal? Measured)> LookAsync(List<ArchivedEvent> events, AlertRule rule)
    {
        using var world = new FoldWorld(Noon);
        var replica = world.New("a");
        await world.LeadAsync(replica, Token);
        if (events.Count > 0)
            await replica.Archive.AppendAsync(events, Token);
        await replica.Folder.RoundAsync(true, Token);
        return await new AlertLook(replica.Reader, replica.Users).LookAsync("acme", rule, Noon, Token);
    }
}
