using System.Globalization;
using System.Text.RegularExpressions;
using Agents.Conversation.Turns;

namespace Agents.Conversation.Supervisor.Steps;

/// <summary>The sources of several answers under one numbering.</summary>
internal static partial class SourceNumbers
{
    /// <summary>The findings with their <c>[n]</c> renumbered, and the sources that these now name: a passage that several cite has one number.</summary>
    public static (IReadOnlyList<Finding> Findings, IReadOnlyList<Citation> Sources) Number(IReadOnlyList<Finding> findings)
    {
        var sources = new List<Citation>();
        var numbered = new List<Finding>();
        foreach (var finding in findings)
        {
            var numbers = new Dictionary<int, int>();
            foreach (var cited in finding.Output.Citations)
            {
                var at = sources.FindIndex(known => known.ChunkId == cited.ChunkId);
                if (at < 0)
                {
                    at = sources.Count;
                    sources.Add(cited with { Index = at + 1 });
                }
                numbers[cited.Index] = at + 1;
            }
            var text = Mention().Replace(finding.Output.Text, match => numbers.TryGetValue(Parse(match), out var number) ? $"[{number.ToString(CultureInfo.InvariantCulture)}]" : match.Value);
            numbered.Add(finding with { Output = finding.Output with { Text = text } });
        }
        return (numbered, sources);
    }

    /// <summary>The sources that a text names, in order of first mention.</summary>
    public static IReadOnlyList<Citation> NamedBy(string text, IReadOnlyList<Citation> sources) =>
        [.. Mention().Matches(text).Select(Parse).Where(number => number >= 1 && number <= sources.Count).Distinct().Select(number => sources[number - 1])];

    private static int Parse(Match mention) => int.Parse(mention.Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\[(\d{1,3})\]")]
    private static partial Regex Mention();
}
