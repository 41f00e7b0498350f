using System.Globalization;
using System.Text;

namespace Agents.Retrieval.Lexical;

/// <summary>
/// Text to index terms: runs of letters and digits, folded, without English stop words, English endings removed. Scripts that put no
/// spaces between words (Chinese, Japanese, Korean, Thai) become overlapping pairs of characters, which needs no dictionary.
/// </summary>
internal static class Tokenizer
{
    /// <summary>Longer runs are cut here: nobody asks for them, and a term is a key in memory.</summary>
    public const int MaxTermLength = 64;

    // Words that stand in nearly every English passage and tell nothing about it.
    private static readonly HashSet<string> StopWords = new(StringComparer.Ordinal)
    {
        "a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "did", "do", "does", "for", "from", "had", "has", "have",
        "he", "her", "his", "how", "i", "if", "in", "into", "is", "it", "its", "me", "my", "no", "not", "of", "on", "or", "our", "s",
        "she", "so", "such", "t", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "to", "was",
        "we", "were", "what", "when", "where", "which", "who", "whom", "why", "will", "with", "would", "you", "your",
    };

    /// <summary>The terms of a text, in order, with repetitions.</summary>
    public static List<string> Terms(string text)
    {
        var terms = new List<string>();
        var word = new StringBuilder();
        var pair = default(Rune);
        var pairLength = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            // A combining mark belongs to the letter before it and takes part in no comparison.
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark)
                continue;
            if (IsUnspaced(rune))
            {
                Flush(word, terms);
                if (pairLength > 0)
                    terms.Add($"{pair}{rune}");
                pair = rune;
                pairLength++;
                continue;
            }
            EndOfUnspaced(pair, ref pairLength, terms);
            if (Rune.IsLetterOrDigit(rune))
                Folding.Append(word, rune);
            else
                Flush(word, terms);
        }
        EndOfUnspaced(pair, ref pairLength, terms);
        Flush(word, terms);
        return terms;
    }

    /// <summary>How often each term occurs.</summary>
    public static Dictionary<string, int> Count(IEnumerable<string> terms)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var term in terms)
            counts[term] = counts.GetValueOrDefault(term) + 1;
        return counts;
    }

    private static void Flush(StringBuilder word, List<string> terms)
    {
        if (word.Length == 0)
            return;
        var text = word.ToString(0, Math.Min(word.Length, MaxTermLength));
        word.Clear();
        if (!StopWords.Contains(text))
            terms.Add(PorterStemmer.Stem(text));
    }

    private static void EndOfUnspaced(Rune last, ref int length, List<string> terms)
    {
        if (length == 1)
            terms.Add(last.ToString());
        length = 0;
    }

    private static bool IsUnspaced(Rune rune) => rune.Value is >= 0x0E01 and <= 0x0EFF or >= 0x2E80 and <= 0x9FFF or >= 0xAC00 and <= 0xD7AF
        or >= 0xF900 and <= 0xFAFF or >= 0x20000 and <= 0x3FFFF && Rune.IsLetter(rune);
}
