using Agents.Analytics.Folding;

namespace Agents.Analytics.Tests.Folding;

public sealed class RangesTests
{
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public void They_hold_what_was_added_and_nothing_else(int seed)
    {
        var random = new Random(seed);
        var (ranges, model) = (new Ranges(), new HashSet<long>());
        for (var n = 0; n < 400; n++)
        {
            var number = random.Next(120);
            if (random.Next(3) == 0)
                ranges.Remove(number);
            else
                Assert.Equal(!model.Contains(number), ranges.Add(number));
            if (!ranges.Contains(number))
                model.Remove(number);
            else
                model.Add(number);
            ranges = Ranges.Parse(ranges.ToString());
            Assert.Equal(model.Order(), ranges.All.SelectMany(range => Numbers(range.First, range.Last)));
        }
    }

    [Fact]
    public void What_lies_close_together_becomes_one()
    {
        var ranges = new Ranges(10);
        foreach (var number in new long[] { 100, 5, 14, 111, 120, 131 })
            ranges.Add(number);
        Assert.Equal("5-14 100-100 111-120 131-131", ranges.ToString());
        ranges.Add(105, 106);
        Assert.Equal("5-14 100-120 131-131", ranges.ToString());
        ranges.Shrink(2);
        Assert.Equal("5-14 100-131", ranges.ToString());
    }

    private static IEnumerable<long> Numbers(long first, long last) => Enumerable.Range((int)first, (int)(last - first + 1)).Select(number => (long)number);
}
