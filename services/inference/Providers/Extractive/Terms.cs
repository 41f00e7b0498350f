using System.Collections.Frozen;

namespace Agents.Inference.Providers.Extractive;

/// <summary>
/// The words of a text that say what it is about: lower case, without stop words, reduced to a rough stem. The stem is of our own
/// making: one common English ending is dropped, doubled letters become one, and eight letters are kept, which brings together
/// "authenticate" and "authentication" and is harmless to other languages. Runs of Chinese, Japanese or Korean, which are written
/// without spaces, become pairs of characters.
/// </summary>
internal static class Terms
{
    private const int MaxStem = 8;
    private const int MinStem = 3;

    private static readonly string[] Endings =
        ["ations", "ation", "ments", "ment", "ions", "able", "ible", "ers", "ion", "ing", "ies", "ed", "er", "ly", "es", "s", "y"];

    private static readonly FrozenSet<string> StopWords =
        """
        a about above after again all also am an and any are as at be because been before being below between both but by can cannot
        could describe did do does doing don down during each else ever explain few for from further get had happen happens has have
        having he hello her here hers hi him his how i if in into is isn it its just know let like ll long many may me mean means might
        more most much must my need no nor not of off often on once one only or other our out over own please s same say shall she should
        so some such t tell than thank thanks that the their them then there these they this those through to too under until up us ve
        very want was we well were what when where whether which while who whom whose why will with would you your
        """.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    public static HashSet<string> Of(string text)
    {
        var terms = new HashSet<string>(StringComparer.Ordinal);
        for (var start = 0; start < text.Length;)
        {
            if (!IsWordPart(text[start]))
            {
                start++;
                continue;
            }
            var end = start + 1;
            var pair = IsUnspaced(text[start]);
            while (end < text.Length && IsWordPart(text[end]) && IsUnspaced(text[end]) == pair)
                end++;
            if (pair)
                AddPairs(terms, text[start..end]);
            else
                AddWord(terms, text[start..end].ToLowerInvariant());
            start = end;
        }
        return terms;
    }

    private static void AddWord(HashSet<string> terms, string word)
    {
        if (!StopWords.Contains(word))
            terms.Add(Stem(word));
    }

    private static void AddPairs(HashSet<string> terms, string run)
    {
        for (var i = 0; i < Math.Max(1, run.Length - 1); i++)
            terms.Add(run.Substring(i, Math.Min(2, run.Length - i)));
    }

    private static string Stem(string word)
    {
        var ending = word.EndsWith("ss", StringComparison.Ordinal) ? null : Endings.FirstOrDefault(
            ending => word.Length - ending.Length >= MinStem && word.EndsWith(ending, StringComparison.Ordinal));
        var stem = ending is null ? word : word[..^ending.Length];
        if (stem.Length > MinStem && stem[^1] == 'e')
            stem = stem[..^1];
        if (stem.Length > MinStem && stem[^1] == stem[^2] && char.IsLetter(stem[^1]))
            stem = stem[..^1];
        return stem.Length > MaxStem ? stem[..MaxStem] : stem;
    }

    private static bool IsWordPart(char c) => char.IsLetterOrDigit(c) || char.IsSurrogate(c);

    // Kana, Han and Hangul.
    private static bool IsUnspaced(char c) =>
        c is (>= '\u3040' and <= '\u30ff') or (>= '\u3400' and <= '\u9fff') or (>= '\uac00' and <= '\ud7af');
}
