using System.Globalization;
using System.Text.RegularExpressions;
using Agents.Contracts;

namespace Agents.Conversation.Turns;

/// <summary>Finds the passages that an answer names as <c>[n]</c>.</summary>
internal static partial class Citations
{
    /// <summary>In order of first mention, each once; a number without a passage is no citation.</summary>
    public static IReadOnlyList<Citation> Find(string answer, IReadOnlyDictionary<int, Passage> passages) =>
    [
        .. Mention().Matches(answer)
            .Select(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture))
            .Where(passages.ContainsKey)
            .Distinct()
            .Select(index => Cite(index, passages[index])),
    ];

    private static Citation Cite(int index, Passage passage) =>
        new(index, passage.DocumentId, passage.CollectionId, passage.ChunkId, passage.Title, passage.Ordinal, passage.Text);

    [GeneratedRegex(@"\[(\d{1,3})\]")]
    private static partial Regex Mention();
}
