using Agents.Analytics.Alerts;

namespace Agents.Analytics.Tests.Alerts;

public sealed class AlertStateTests
{
    private static readonly DateTimeOffset Noon = SomeEvents.Noon;

    [Fact]
    public void An_alert_fires_once_and_is_over_once_it_has_been_calm_for_a_minute()
    {
        var state = AlertState.Quiet;
        foreach (var (second, holds, firing, sequence) in ((int, bool?, bool, int)[])
        [
            (0, false, false, 0), (5, true, true, 1), (10, true, true, 1), (15, null, true, 1), (20, false, true, 1), (75, false, true, 1), (80, false, false, 2),
            (85, false, false, 2), (90, true, true, 3),
        ])
        {
            state = state.Next(holds, second, Noon.AddSeconds(second));
            Assert.Equal((firing, sequence), (state.Firing, state.Sequence));
        }
        Assert.Equal((Noon.AddSeconds(90), 90m), (state.Since, state.Measured));
    }

    [Fact]
    public void One_that_comes_back_within_a_minute_was_never_over()
    {
        var state = AlertState.Quiet.Next(true, 1, Noon).Next(false, 0, Noon.AddSeconds(10)).Next(true, 1, Noon.AddSeconds(60));
        Assert.True(state.Next(false, 0, Noon.AddSeconds(110)).Firing);
        Assert.Equal(1, state.Sequence);
    }

    [Fact]
    public void Nothing_to_tell_changes_nothing() => Assert.Same(AlertState.Quiet, AlertState.Quiet.Next(null, null, Noon));

    [Fact]
    public void A_rule_of_the_tenants_own_stands_in_the_place_of_the_default_of_its_name()
    {
        var own = AlertRule.Defaults[0] with { Id = "alert_own", Value = 3 };
        var all = new AlertBook([own], new Dictionary<string, AlertState>()).All.ToList();
        Assert.Equal((AlertRule.Defaults.Count, own), (all.Count, Assert.Single(all, rule => rule.Name == own.Name)));
    }
}
