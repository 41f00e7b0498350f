using System.Collections.Frozen;

namespace Agents.Inference.Providers.Extractive;

/// <summary>Cuts prose into sentences. A full stop after an abbreviation, an initial or a list number ends none.</summary>
internal static class Sentences
{
    private const string Enders = ".!?…";
    private const string UnspacedEnders = "。！？";
    private const string Closers = "\"')]}”’»";

    private static readonly FrozenSet<string> Abbreviations = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "e.g", "i.e", "cf", "vs", "mr", "mrs", "ms", "dr", "prof", "st", "approx", "al", "dept", "incl", "z.b", "d.h", "u.a", "bzw", "ca");

    // Words of their own as well: abbreviations only before a number, as in "No. 5".
    private static readonly FrozenSet<string> BeforeNumbers =
        FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "no", "nr", "fig", "sec", "art", "p", "pp");

    public static IEnumerable<string> Split(string prose)
    {
        var start = 0;
        for (var i = 0; i < prose.Length; i++)
        {
            if (UnspacedEnders.Contains(prose[i]) || (Enders.Contains(prose[i]) && Ends(prose, start, i)))
            {
                var end = i + 1;
                while (end < prose.Length && Closers.Contains(prose[end]))
                    end++;
                yield return prose[start..end].Trim();
                start = end;
                i = end - 1;
            }
        }
        if (prose[start..].Trim() is { Length: > 0 } rest)
            yield return rest;
    }

    private static bool Ends(string prose, int start, int at)
    {
        var next = at + 1;
        while (next < prose.Length && Closers.Contains(prose[next]))
            next++;
        if (next == prose.Length)
            return true;
        if (!char.IsWhiteSpace(prose[next]))
            return false;
        while (next < prose.Length && char.IsWhiteSpace(prose[next]))
            next++;
        if (next == prose.Length)
            return true;
        return !char.IsLower(prose[next]) && (prose[at] != '.' || !IsAbbreviation(prose, start, at, prose[next]));
    }

    private static bool IsAbbreviation(string prose, int start, int stop, char next)
    {
        var begin = stop;
        while (begin > start && (char.IsLetterOrDigit(prose[begin - 1]) || prose[begin - 1] == '.'))
            begin--;
        var word = prose[begin..stop];
        if (word.Length == 1 && char.IsUpper(word[0]))
            return true;
        if (word.Length is > 0 and <= 3 && word.All(char.IsDigit) && prose[start..begin].Trim().Length == 0)
            return true;
        return Abbreviations.Contains(word) || (char.IsDigit(next) && BeforeNumbers.Contains(word));
    }
}
