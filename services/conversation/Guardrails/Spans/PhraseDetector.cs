namespace Agents.Conversation.Guardrails.Spans;

/// <summary>
/// Finds given texts by their letters and digits alone, in any case, with up to <see cref="MaxGap"/> other characters between two of them:
/// <c>O-m-e-g-a</c> is <c>Omega</c>. A short text counts only as a whole word.
/// </summary>
internal sealed class PhraseDetector(IEnumerable<PhraseDetector.Phrase> phrases) : IDetector
{
    private const int MaxGap = 3;

    // Shorter ones would be found inside of other words.
    private const int ShortPhrase = 8;

    private readonly ILookup<char, Phrase> _byFirst = phrases.Where(phrase => phrase.Letters.Length > 0).ToLookup(phrase => phrase.Letters[0]);

    /// <param name="Letters">Its letters and digits, in lower case unless <paramref name="Exact"/>.</param>
    /// <param name="Exact">Whether case counts, and nothing may stand between two characters.</param>
    /// <param name="WholeWords">Whether it is never part of a longer word, however long it is.</param>
    internal sealed record Phrase(string Letters, string Kind, bool Exact = false, bool WholeWords = false)
    {
        public static Phrase Of(string text, string kind, bool wholeWords = false) =>
            new(string.Concat(text.Where(Spans.Letters.IsWord).Select(char.ToLowerInvariant)), kind, WholeWords: wholeWords);
    }

    public Verdict Judge(ReadOnlySpan<char> before, ReadOnlySpan<char> here, bool end)
    {
        var first = here[0];
        var undecided = false;
        var best = Verdict.None;
        foreach (var phrase in Candidates(first))
        {
            var verdict = Match(phrase, before, here, end);
            undecided |= verdict.Undecided;
            if (verdict.Length > best.Length)
                best = verdict;
        }
        return undecided ? Verdict.More : best;
    }

    private IEnumerable<Phrase> Candidates(char first)
    {
        var lower = char.ToLowerInvariant(first);
        return lower == first ? _byFirst[first] : _byFirst[first].Concat(_byFirst[lower]);
    }

    private static Verdict Match(Phrase phrase, ReadOnlySpan<char> before, ReadOnlySpan<char> here, bool end)
    {
        var whole = phrase.WholeWords || (phrase.Letters.Length < ShortPhrase && !phrase.Exact);
        if (whole && Letters.EndsInWord(before))
            return Verdict.None;
        var (matched, gap, at) = (0, 0, 0);
        for (; at < here.Length && matched < phrase.Letters.Length; at++)
        {
            var c = here[at];
            if ((phrase.Exact ? c : char.ToLowerInvariant(c)) == phrase.Letters[matched])
                (matched, gap) = (matched + 1, 0);
            else if (phrase.Exact || Letters.IsWord(c) || (gap += Letters.IsInvisible(c) ? 0 : 1) > MaxGap)
                return Verdict.None;
        }
        if (matched < phrase.Letters.Length)
            return end ? Verdict.None : Verdict.More;
        if (whole && at == here.Length && !end)
            return Verdict.More;
        return whole && at < here.Length && Letters.IsWord(here[at]) ? Verdict.None : Verdict.Found(at, phrase.Kind);
    }
}
