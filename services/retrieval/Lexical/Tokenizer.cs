using System.Globalization;
using System.Text;

namespace Agents.Retrieval.Lexical;

/// <summary>An index term and where in the text it stands.</summary>
internal readonly record struct Token(string Term, int Start, int End);

/// <summary>
/// Text to index terms: runs of letters and digits, folded, without stop words and endings of the language. Scripts that put no
/// spaces between words (Chinese, Japanese, Korean, Thai) become overlapping pairs of characters, which needs no dictionary.
/// </summary>
internal static class Tokenizer
{
    /// <summary>Longer runs are cut here: nobody asks for them, and a term is a key in memory.</summary>
    public const int MaxTermLength = 64;

    /// <summary>The terms of a text, in order, with repetitions.</summary>
    public static List<string> Terms(string text, string language = Languages.Default) => Tokens(text, language).ConvertAll(token => token.Term);

    /// <summary>The terms of a text and where they stand.</summary>
    public static List<Token> Tokens(string text, string language)
    {
        var tokens = new List<Token>();
        var word = new StringBuilder();
        var (wordStart, pairStart, pairLength, at) = (0, 0, 0, 0);
        var pair = default(Rune);
        foreach (var rune in text.EnumerateRunes())
        {
            var here = at;
            at += rune.Utf16SequenceLength;
            if (!rune.IsAscii)
            {
                // A combining mark belongs to the letter before it and takes part in no comparison.
                if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark)
                    continue;
                if (IsUnspaced(rune))
                {
                    Flush(word, wordStart, here, language, tokens);
                    if (pairLength > 0)
                        tokens.Add(new Token($"{pair}{rune}", pairStart, at));
                    (pair, pairStart) = (rune, here);
                    pairLength++;
                    continue;
                }
            }
            EndOfUnspaced(pair, pairStart, ref pairLength, tokens);
            if (Rune.IsLetterOrDigit(rune))
            {
                if (word.Length == 0)
                    wordStart = here;
                Folding.Append(word, rune);
            }
            else
            {
                Flush(word, wordStart, here, language, tokens);
            }
        }
        EndOfUnspaced(pair, pairStart, ref pairLength, tokens);
        Flush(word, wordStart, at, language, tokens);
        return tokens;
    }

    /// <summary>How often each term occurs.</summary>
    public static Dictionary<string, int> Count(IEnumerable<string> terms)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var term in terms)
            counts[term] = counts.GetValueOrDefault(term) + 1;
        return counts;
    }

    private static void Flush(StringBuilder word, int start, int end, string language, List<Token> tokens)
    {
        if (word.Length == 0)
            return;
        var text = word.ToString(0, Math.Min(word.Length, MaxTermLength));
        word.Clear();
        if (Languages.Term(language, text) is { } term)
            tokens.Add(new Token(term, start, end));
    }

    private static void EndOfUnspaced(Rune last, int start, ref int length, List<Token> tokens)
    {
        if (length == 1)
            tokens.Add(new Token(last.ToString(), start, start + last.Utf16SequenceLength));
        length = 0;
    }

    private static bool IsUnspaced(Rune rune) => rune.Value is >= 0x0E01 and <= 0x0EFF or >= 0x2E80 and <= 0x9FFF or >= 0xAC00 and <= 0xD7AF
        or >= 0xF900 and <= 0xFAFF or >= 0x20000 and <= 0x3FFFF && Rune.IsLetter(rune);
}
