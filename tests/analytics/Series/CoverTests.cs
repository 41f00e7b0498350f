using Agents.Analytics.Figures;
using Agents.Analytics.Folding;
using Agents.Analytics.Series;

namespace Agents.Analytics.Tests.Series;

public sealed class CoverTests
{
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5)]
    public void Blocks_fill_the_range_without_gap_or_overlap_and_avoid_what_is_not_good(int seed)
    {
        var random = new Random(seed);
        var from = SomeEvents.Noon.AddMinutes(random.Next(3_000));
        var range = new TimeRange(from, from.AddMinutes(random.Next(1, 20_000)));
        var record = new TenantRecord(1, Some(random, Grain.Hour, range), Some(random, Grain.Day, range));
        var at = range.From;
        foreach (var block in Cover.Of(range, record))
        {
            Assert.Equal(at, block.Start);
            Assert.False(block.Grain != Grain.Minute && Ranges.Parse(block.Grain == Grain.Hour ? record.Hours : record.Days).Contains(block.Number));
            at = block.End;
        }
        Assert.Equal(range.To, at);
    }

    [Fact]
    public void A_month_is_made_of_few_blocks()
    {
        var range = new TimeRange(SomeEvents.Noon.AddMinutes(17), SomeEvents.Noon.AddDays(31).AddMinutes(17));
        Assert.Equal(30 + 23 + 60, Cover.Of(range, TenantRecord.Empty).Count());
    }

    private static string Some(Random random, Grain grain, TimeRange range)
    {
        var ranges = new Ranges();
        for (var n = 0; n < 3; n++)
            ranges.Add(Block.At(grain, range.From).Number + random.Next(4));
        return ranges.ToString();
    }
}
