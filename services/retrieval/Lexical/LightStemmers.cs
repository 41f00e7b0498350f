namespace Agents.Retrieval.Lexical;

/// <summary>
/// Removes the endings of number, gender and case, and the commonest of verbs, from folded words: light stemming in the manner of
/// J. Savoy, "Light stemming approaches for the French, Portuguese, German and Hungarian languages", SAC 2006. The rules here are fewer.
/// </summary>
internal static class LightStemmers
{
    private static readonly string[] GermanEndings = ["ungen", "heiten", "keiten", "ern", "est", "em", "en", "er", "es", "e", "n", "s"];
    private static readonly string[] FrenchEndings =
        ["issements", "issement", "atrices", "atrice", "ateurs", "ateur", "ements", "ement", "euses", "euse", "ations", "ation", "aient", "antes", "ante", "ants", "ant", "eux", "ees", "ais", "ait", "ees", "ee", "er", "ez", "es", "e", "s", "x"];
    private static readonly string[] SpanishEndings =
        ["amientos", "imientos", "amiento", "imiento", "aciones", "acion", "mente", "ando", "iendo", "aron", "ieron", "ados", "adas", "ado", "ada", "idos", "idas", "ido", "ida", "es", "os", "as", "ar", "er", "ir", "a", "o", "e", "s"];

    public static string German(string word) => Cut(Cut(word, GermanEndings, 4), ["ung", "heit", "keit", "lich", "isch"], 4);

    public static string French(string word) => Cut(word, FrenchEndings, 3);

    public static string Spanish(string word) => Cut(word, SpanishEndings, 3);

    /// <summary>Takes off the first ending that leaves at least <paramref name="least"/> letters; the endings are ordered, longest first.</summary>
    private static string Cut(string word, string[] endings, int least)
    {
        if (word.AsSpan().ContainsAnyExceptInRange('a', 'z'))
            return word;
        foreach (var ending in endings)
        {
            if (word.Length - ending.Length >= least && word.EndsWith(ending, StringComparison.Ordinal))
                return word[..^ending.Length];
        }
        return word;
    }
}
