using Agents.Analytics.Summaries;

namespace Agents.Analytics.Tests.Summaries;

public sealed class LifespanTests
{
    private static readonly DateTimeOffset Noon = SomeEvents.Noon;

    private static readonly Lifespan Life = new("retrieval", "retrieval-0", Noon, Noon.AddMinutes(10));

    [Theory]
    [InlineData(-1, false), InlineData(0, true), InlineData(300, true), InlineData(600, true), InlineData(615, true), InlineData(616, false)]
    public void A_replica_is_alive_from_its_first_beat_until_15_seconds_after_its_last(int second, bool alive) =>
        Assert.Equal(alive, Life.IsAliveAt(Noon.AddSeconds(second)));

    [Fact]
    public void It_joins_in_the_range_that_holds_its_first_beat_and_leaves_in_the_one_in_which_it_is_missed()
    {
        Assert.True(Life.JoinedBetween(Noon, Noon.AddMinutes(1)));
        Assert.False(Life.JoinedBetween(Noon.AddMinutes(-1), Noon));
        Assert.False(Life.JoinedBetween(Noon.AddMinutes(1), Noon.AddMinutes(20)));
        Assert.True(Life.LeftBetween(Noon.AddMinutes(10), Noon.AddMinutes(11)));
        Assert.False(Life.LeftBetween(Noon, Noon.AddMinutes(10)));
        Assert.False(Life.LeftBetween(Noon.AddMinutes(11), Noon.AddMinutes(12)));
    }
}
