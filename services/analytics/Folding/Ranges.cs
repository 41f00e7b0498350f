using System.Globalization;

namespace Agents.Analytics.Folding;

/// <summary>A set of whole numbers that mostly lie together, such as places in a ledger or hours; as text, <c>3-9 12-12</c>.</summary>
/// <param name="gap">Numbers that are so close together become one range, with what lies between them.</param>
internal sealed class Ranges(int gap = 1)
{
    private readonly List<(long First, long Last)> _ranges = [];

    /// <summary>In order, apart from each other.</summary>
    public IReadOnlyList<(long First, long Last)> All => _ranges;

    public bool IsEmpty => _ranges.Count == 0;

    public static Ranges Parse(string text, int gap = 1)
    {
        var ranges = new Ranges(gap);
        foreach (var range in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var dash = range.IndexOf('-', StringComparison.Ordinal);
            ranges._ranges.Add((long.Parse(range.AsSpan(0, dash), CultureInfo.InvariantCulture), long.Parse(range.AsSpan(dash + 1), CultureInfo.InvariantCulture)));
        }
        return ranges;
    }

    public override string ToString() => string.Join(' ', _ranges.Select(range => string.Create(CultureInfo.InvariantCulture, $"{range.First}-{range.Last}")));

    public bool Contains(long number) => _ranges.Exists(range => range.First <= number && number <= range.Last);

    /// <summary>True when the number was not in the set before.</summary>
    public bool Add(long number) => Add(number, number);

    /// <summary>True when not all of them were in the set before.</summary>
    public bool Add(long first, long last)
    {
        if (_ranges.Exists(range => range.First <= first && last <= range.Last))
            return false;
        var at = _ranges.FindIndex(range => range.Last + gap >= first);
        if (at < 0)
            at = _ranges.Count;
        var end = at;
        for (; end < _ranges.Count && _ranges[end].First - gap <= last; end++)
            (first, last) = (Math.Min(first, _ranges[end].First), Math.Max(last, _ranges[end].Last));
        _ranges.RemoveRange(at, end - at);
        _ranges.Insert(at, (first, last));
        return true;
    }

    public void Remove(long number)
    {
        var at = _ranges.FindIndex(range => range.First <= number && number <= range.Last);
        if (at < 0)
            return;
        var (first, last) = _ranges[at];
        _ranges.RemoveAt(at);
        if (number < last)
            _ranges.Insert(at, (number + 1, last));
        if (first < number)
            _ranges.Insert(at, (first, number - 1));
    }

    /// <summary>Joins the closest ranges until there are at most so many.</summary>
    public void Shrink(int most)
    {
        while (_ranges.Count > most)
        {
            var at = Enumerable.Range(0, _ranges.Count - 1).MinBy(i => _ranges[i + 1].First - _ranges[i].Last);
            _ranges[at] = (_ranges[at].First, _ranges[at + 1].Last);
            _ranges.RemoveAt(at + 1);
        }
    }
}
