using System.Collections.Frozen;

namespace Agents.Conversation.Memory;

/// <summary>The words of a text that carry meaning, in lower case and without their commonest English endings.</summary>
internal static class RecallWords
{
    private static readonly FrozenSet<string> Empty = FrozenSet.ToFrozenSet(
    (string[])[
        "a", "about", "after", "again", "all", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do", "does",
        "for", "from", "had", "has", "have", "he", "her", "him", "his", "how", "i", "if", "in", "is", "it", "its", "just", "like", "me", "my", "no",
        "not", "of", "on", "or", "our", "she", "should", "so", "some", "such", "than", "that", "the", "their", "them", "then", "there", "they", "this",
        "to", "too", "up", "us", "was", "we", "were", "what", "when", "where", "which", "who", "why", "will", "with", "would", "you", "your",
    ],
        StringComparer.Ordinal);

    public static IEnumerable<string> Of(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            if (!char.IsLetterOrDigit(text[at]))
            {
                at++;
                continue;
            }
            var from = at;
            while (at < text.Length && char.IsLetterOrDigit(text[at]))
                at++;
            var word = text[from..at].ToLowerInvariant();
            if (!Empty.Contains(word) && (word.Length > 1 || char.IsDigit(word[0])))
                yield return Stem(word);
        }
    }

    private static string Stem(string word)
    {
        foreach (var ending in (ReadOnlySpan<string>)["ing", "ies", "ed", "es", "s"])
        {
            if (word.Length > ending.Length + 2 && word.EndsWith(ending, StringComparison.Ordinal) && !word.EndsWith("ss", StringComparison.Ordinal))
                return word[..^ending.Length];
        }
        return word;
    }
}
