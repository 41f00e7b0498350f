using System.Globalization;

namespace Agents.Conversation.Guardrails.Spans;

/// <summary>Characters as people mean them: other blanks, dashes and digits count as the plain ones, invisible characters as nothing.</summary>
internal static class Letters
{
    /// <summary>The digit that a character stands for, or -1.</summary>
    public static int Digit(char c) => char.IsAsciiDigit(c) ? c - '0' : c > 127 && char.IsDigit(c) ? CharUnicodeInfo.GetDecimalDigitValue(c) : -1;

    public static bool IsInvisible(char c) => c is '\u00AD' or (>= '\u200B' and <= '\u200F') or (>= '\u2060' and <= '\u2064') or '\uFEFF';

    public static bool IsBlank(char c) => c is ' ' or '\t' or '\u00A0' or '\u202F' or (>= '\u2000' and <= '\u200A');

    public static bool IsDash(char c) => c is '-' or (>= '\u2010' and <= '\u2015') or '\u2212' or '\uFF0D';

    public static bool IsWord(char c) => char.IsLetterOrDigit(c);

    /// <summary>Whether a word goes on across the border.</summary>
    public static bool EndsInWord(ReadOnlySpan<char> before) => before.Length > 0 && IsWord(before[^1]);

    /// <summary>Whether a word near the end of a text begins with one of these.</summary>
    public static bool Mentions(ReadOnlySpan<char> text, ReadOnlySpan<string> words, int within = SpanStream.LookBehind)
    {
        var near = text[^Math.Min(within, text.Length)..];
        foreach (var word in words)
        {
            for (int at = 0, found; (found = near[at..].IndexOf(word, StringComparison.OrdinalIgnoreCase)) >= 0; at += found + 1)
            {
                if (at + found == 0 || !char.IsAsciiLetter(near[at + found - 1]) || !char.IsAsciiLetter(word[0]))
                    return true;
            }
        }
        return false;
    }
}
