using Agents.Analytics.Figures;

namespace Agents.Analytics.Tests.Figures;

public sealed class LifespanTests
{
    private static readonly DateTimeOffset Noon = SomeEvents.Noon;

    private static readonly Lifespan Life = new("retrieval", "retrieval-0", Noon, Noon.AddMinutes(10), Joined: true);

    [Theory]
    [InlineData(-1, false), InlineData(0, true), InlineData(300, true), InlineData(600, true), InlineData(615, true), InlineData(616, false)]
    public void A_replica_is_alive_from_its_first_beat_until_15_seconds_after_its_last(int second, bool alive) =>
        Assert.Equal(alive, Life.IsAliveAt(Noon.AddSeconds(second)));

    [Fact]
    public void It_leaves_in_the_range_in_which_it_is_missed()
    {
        Assert.True(Life.LeftBetween(Noon.AddMinutes(10), Noon.AddMinutes(11)));
        Assert.False(Life.LeftBetween(Noon, Noon.AddMinutes(10)));
        Assert.False(Life.LeftBetween(Noon.AddMinutes(11), Noon.AddMinutes(12)));
    }

    [Fact]
    public void Its_parts_make_it_whole_in_any_order()
    {
        Lifespan[] parts = [Life with { Last = Noon.AddMinutes(3) }, Life with { First = Noon.AddMinutes(3), Joined = false }];
        Assert.Equal(Life, parts[0].With(parts[1]));
        Assert.Equal(Life, parts[1].With(parts[0]));
    }
}
