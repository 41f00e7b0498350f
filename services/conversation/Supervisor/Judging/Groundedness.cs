using System.Globalization;
using System.Text.RegularExpressions;
using Agents.Conversation.Memory;
using Agents.Conversation.Turns;

namespace Agents.Conversation.Supervisor.Judging;

/// <summary>
/// Whether an answer says what its sources say. A count of words and no judgement: words may be found and yet be put together wrongly, which
/// is what a judge is for. Numbers are held to more, since a wrong one looks like a right one: each must be there.
/// </summary>
internal static partial class Groundedness
{
    /// <summary>What is wrong, in words for a model; null when nothing is.</summary>
    /// <param name="given">What may be said without a source.</param>
    public static string? Fault(TurnOutput output, IReadOnlyList<string> given, double least)
    {
        var sources = output.Citations.Select(citation => citation.Index).ToHashSet();
        if (Mention().Matches(output.Text).Select(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)).Where(n => !sources.Contains(n)).ToList() is [var invented, ..])
            return $"The answer cites [{invented}], which is no source that it was given.";
        var said = Words(Mention().Replace(output.Text, " ")).Distinct().ToList();
        var known = output.Citations.Select(citation => $"{citation.Title} {citation.Text}").Concat(given).SelectMany(Words).ToHashSet(StringComparer.Ordinal);
        if (said.FirstOrDefault(word => word.Any(char.IsAsciiDigit) && !known.Contains(word)) is { } number)
            return $"The answer says '{number}', which is in none of its sources.";
        var share = said.Count == 0 ? 1 : said.Count(known.Contains) / (double)said.Count;
        return share >= least
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"Only {share:P0} of the answer is found in what it cites and was given; say no more than the sources do, and cite them as [n].");
    }

    // 1,250 and 1250 are the same number.
    private static IEnumerable<string> Words(string text) => RecallWords.Of(Grouping().Replace(text, ""));

    [GeneratedRegex(@"(?<=\d)[,'\u00a0\u202f](?=\d{3}(?!\d))")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\[(\d{1,3})\]")]
    private static partial Regex Mention();
}
