using Agents.Analytics.Figures;
using Agents.Analytics.Folding;

namespace Agents.Analytics.Series;

/// <summary>Which stored figures make up a stretch of time: as long ones as there are.</summary>
internal static class Cover
{
    /// <summary>Blocks that fill a range of whole minutes, none twice.</summary>
    /// <param name="record">Says which hours and days do not stand for what they are made of.</param>
    public static IEnumerable<Block> Of(TimeRange range, TenantRecord record)
    {
        var (hours, days) = (Ranges.Parse(record.Hours), Ranges.Parse(record.Days));
        var blocks = new List<Block>();
        for (var at = range.From; at < range.To;)
        {
            var block = Longest(at, range.To);
            blocks.AddRange(Split(block, hours, days));
            at = block.End;
        }
        return blocks;
    }

    private static Block Longest(DateTimeOffset from, DateTimeOffset to)
    {
        for (var grain = Grain.Day; ; grain--)
        {
            var block = Block.At(grain, from);
            if (grain == Grain.Minute || (block.Start == from && block.End <= to))
                return block;
        }
    }

    private static IEnumerable<Block> Split(Block block, Ranges hours, Ranges days) => block.Grain switch
    {
        Grain.Day when days.Contains(block.Number) => block.Below().SelectMany(hour => Split(hour, hours, days)),
        Grain.Hour when hours.Contains(block.Number) => block.Below(),
        _ => [block],
    };
}
