namespace Agents.Retrieval.Lexical;

/// <summary>
/// Removes English endings so that "connected" and "connections" meet in "connect": the algorithm of M. F. Porter, "An algorithm for
/// suffix stripping", Program 14(3), 1980, written from its rules. Words with anything but a to z are left as they are.
/// </summary>
internal static class PorterStemmer
{
    private static readonly (string Ending, string Becomes)[] Step2 =
    [
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("abli", "able"), ("alli", "al"),
        ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"),
        ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"),
    ];

    private static readonly (string Ending, string Becomes)[] Step3 =
    [
        ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
    ];

    // "ion" is a rule of its own: it needs an s or t before it.
    private static readonly string[] Step4 =
    [
        "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ou", "ism", "ate", "iti", "ous", "ive", "ize",
    ];

    /// <summary>The stem of a lower-case word.</summary>
    public static string Stem(string word)
    {
        if (word.Length < 3 || word.AsSpan().ContainsAnyExceptInRange('a', 'z'))
            return word;
        word = Plural(word);
        word = PastAndGerund(word);
        if (word.EndsWith('y') && HasVowel(word, word.Length - 1))
            word = word[..^1] + 'i';
        word = Longest(word, Step2);
        word = Longest(word, Step3);
        word = Suffix(word);
        return Tidy(word);
    }

    private static string Plural(string word)
    {
        if (word.EndsWith("sses", StringComparison.Ordinal) || word.EndsWith("ies", StringComparison.Ordinal))
            return word[..^2];
        return word.EndsWith('s') && !word.EndsWith("ss", StringComparison.Ordinal) ? word[..^1] : word;
    }

    private static string PastAndGerund(string word)
    {
        if (word.EndsWith("eed", StringComparison.Ordinal))
            return Measure(word, word.Length - 3) > 0 ? word[..^1] : word;
        var cut = word.EndsWith("ed", StringComparison.Ordinal) ? 2 : word.EndsWith("ing", StringComparison.Ordinal) ? 3 : 0;
        if (cut == 0 || !HasVowel(word, word.Length - cut))
            return word;
        word = word[..^cut];
        if (word is [.., 'a', 't'] or [.., 'b', 'l'] or [.., 'i', 'z'])
            return word + 'e';
        if (EndsInDoubleConsonant(word) && word[^1] is not ('l' or 's' or 'z'))
            return word[..^1];
        return Measure(word, word.Length) == 1 && EndsInShortSyllable(word, word.Length) ? word + 'e' : word;
    }

    private static string Longest(string word, (string Ending, string Becomes)[] rules)
    {
        var found = rules.Where(rule => word.EndsWith(rule.Ending, StringComparison.Ordinal)).DefaultIfEmpty().MaxBy(rule => rule.Ending?.Length ?? 0);
        return found.Ending is not null && Measure(word, word.Length - found.Ending.Length) > 0 ? word[..^found.Ending.Length] + found.Becomes : word;
    }

    private static string Suffix(string word)
    {
        var ending = Step4.Where(ending => word.EndsWith(ending, StringComparison.Ordinal)).MaxBy(ending => ending.Length);
        if (ending is null && word.EndsWith("ion", StringComparison.Ordinal) && word.Length > 3 && word[^4] is 's' or 't')
            ending = "ion";
        return ending is not null && Measure(word, word.Length - ending.Length) > 1 ? word[..^ending.Length] : word;
    }

    private static string Tidy(string word)
    {
        if (word.EndsWith('e'))
        {
            var measure = Measure(word, word.Length - 1);
            if (measure > 1 || (measure == 1 && !EndsInShortSyllable(word, word.Length - 1)))
                word = word[..^1];
        }
        return word.EndsWith("ll", StringComparison.Ordinal) && Measure(word, word.Length) > 1 ? word[..^1] : word;
    }

    private static bool IsConsonant(string word, int at) => word[at] switch
    {
        'a' or 'e' or 'i' or 'o' or 'u' => false,
        'y' => at == 0 || !IsConsonant(word, at - 1),
        _ => true,
    };

    /// <summary>Porter's m: how many times a vowel is followed by a consonant in the first <paramref name="length"/> letters.</summary>
    private static int Measure(string word, int length)
    {
        var measure = 0;
        var afterVowel = false;
        for (var i = 0; i < length; i++)
        {
            var consonant = word[i] == 'y' ? i == 0 || afterVowel : IsConsonant(word, i);
            if (consonant && afterVowel)
                measure++;
            afterVowel = !consonant;
        }
        return measure;
    }

    private static bool HasVowel(string word, int length)
    {
        for (var i = 0; i < length; i++)
        {
            if (!IsConsonant(word, i))
                return true;
        }
        return false;
    }

    private static bool EndsInDoubleConsonant(string word) =>
        word.Length >= 2 && word[^1] == word[^2] && IsConsonant(word, word.Length - 1);

    // Consonant, vowel, consonant other than w, x, y: "hop", but not "snow".
    private static bool EndsInShortSyllable(string word, int length) => length >= 3 && IsConsonant(word, length - 3)
        && !IsConsonant(word, length - 2) && IsConsonant(word, length - 1) && word[length - 1] is not ('w' or 'x' or 'y');
}
