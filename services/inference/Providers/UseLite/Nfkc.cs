using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Agents.Inference.Providers.UseLite;

/// <summary>
/// Normalization form KC (Unicode Standard Annex 15) from the table <c>nfkc.txt</c>: in this process .NET's own leaves text as it is,
/// because it runs without ICU.
/// </summary>
internal static class Nfkc
{
    private const int HangulFirst = 0xAC00;
    private const int HangulCount = 11_172;
    private const int LeadFirst = 0x1100;
    private const int LeadCount = 19;
    private const int VowelFirst = 0x1161;
    private const int VowelCount = 21;
    private const int TrailFirst = 0x11A7;
    private const int TrailCount = 28;

    private static readonly Lazy<Tables> Data = new(Read);

    /// <summary>The normalized characters; half a surrogate pair counts as U+FFFD.</summary>
    public static List<int> Normalize(string text)
    {
        var points = new List<int>(text.Length);
        // Below U+00A0 every character is its own normal form.
        if (text.AsSpan().ContainsAnyExceptInRange('\0', '\u009F'))
        {
            foreach (var rune in text.EnumerateRunes())
                Split(rune.Value, points);
            Order(points);
            Join(points);
        }
        else
        {
            foreach (var character in text)
                points.Add(character);
        }
        return points;
    }

    private static void Split(int point, List<int> points)
    {
        if (point - HangulFirst is >= 0 and < HangulCount and var syllable)
        {
            points.Add(LeadFirst + (syllable / (VowelCount * TrailCount)));
            points.Add(VowelFirst + (syllable / TrailCount % VowelCount));
            if (syllable % TrailCount is var trail and > 0)
                points.Add(TrailFirst + trail);
        }
        else if (Data.Value.Splits.TryGetValue(point, out var parts))
        {
            points.AddRange(parts);
        }
        else
        {
            points.Add(point);
        }
    }

    // Marks behind a character stand in the order of their classes, and those of one class in the order they came in.
    private static void Order(List<int> points)
    {
        for (var start = 0; start < points.Count; start++)
        {
            if (Class(points[start]) == 0)
                continue;
            var end = start + 1;
            while (end < points.Count && Class(points[end]) != 0)
                end++;
            if (end - start > 1)
            {
                var ordered = points.Slice(start, end - start).OrderBy(Class).ToList();
                for (var i = 0; i < ordered.Count; i++)
                    points[start + i] = ordered[i];
            }
            start = end;
        }
    }

    private static void Join(List<int> points)
    {
        var (written, starter, blocked) = (0, -1, 0);
        for (var read = 0; read < points.Count; read++)
        {
            var point = points[read];
            var mark = Class(point);
            // A mark reaches its starter unless another one of the same or a higher class stands between them.
            var reaches = starter >= 0 && (written == starter + 1 || (blocked != 0 && blocked < mark));
            if (reaches && Joined(points[starter], point) is { } joined)
            {
                points[starter] = joined;
                continue;
            }
            if (mark == 0)
                starter = written;
            blocked = mark;
            points[written++] = point;
        }
        points.RemoveRange(written, points.Count - written);
    }

    private static int? Joined(int first, int second)
    {
        if (first - LeadFirst is >= 0 and < LeadCount and var lead && second - VowelFirst is >= 0 and < VowelCount and var vowel)
            return HangulFirst + (((lead * VowelCount) + vowel) * TrailCount);
        var open = first - HangulFirst is >= 0 and < HangulCount and var syllable && syllable % TrailCount == 0;
        if (open && second - TrailFirst is > 0 and < TrailCount and var trail)
            return first + trail;
        return Data.Value.Joins.TryGetValue((first, second), out var joined) ? joined : null;
    }

    private static int Class(int point) => Data.Value.Classes.GetValueOrDefault(point);

    private static Tables Read()
    {
        using var stream = typeof(Nfkc).Assembly.GetManifestResourceStream("nfkc.txt")
            ?? throw new InvalidOperationException("nfkc.txt is not built in.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var (classes, splits, joins) = (new Dictionary<int, int>(), new Dictionary<int, int[]>(), new Dictionary<(int, int), int>());
        var section = "";
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
            {
                section = line;
                continue;
            }
            var (range, value) = (line.Split(';')[0].Split('-'), line.Split(';')[1]);
            for (var (first, point) = (Hex(range[0]), Hex(range[0])); point <= Hex(range[^1]); point++)
            {
                if (section == "# class")
                    classes[point] = int.Parse(value, CultureInfo.InvariantCulture);
                else if (section == "# split")
                    splits[point] = [.. value.Split(' ').Select(part => Hex(part) + point - first)];
                else
                    joins[(Hex(value.Split(' ')[0]), Hex(value.Split(' ')[1]))] = point;
            }
        }
        return new Tables(classes.ToFrozenDictionary(), splits.ToFrozenDictionary(), joins.ToFrozenDictionary());
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private sealed record Tables(
        FrozenDictionary<int, int> Classes, FrozenDictionary<int, int[]> Splits, FrozenDictionary<(int First, int Second), int> Joins);
}
