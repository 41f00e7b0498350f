using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails.Personal;

/// <summary>
/// Numbers that people are known or reached by: payment cards and national identity numbers by their check digits, social security and
/// telephone numbers by their form and the words around them.
/// </summary>
internal sealed class NumberDetector(IReadOnlySet<string> kinds) : IDetector
{
    // An extension, and a word behind it such as "mobile".
    private const int After = 24;

    private static readonly string[] SocialSecurity = ["ssn", "social security", "social sec"];

    public Verdict Judge(ReadOnlySpan<char> before, ReadOnlySpan<char> here, bool end)
    {
        if ((Letters.Digit(here[0]) < 0 && here[0] is not ('+' or '(' or '\uFF0B')) || Letters.EndsInWord(before))
            return Verdict.None;
        if (DigitRun.Read(here, end, out var undecided) is not { } run)
            return undecided ? Verdict.More : Verdict.None;
        if (here.Length < run.End + After && !end)
            return Verdict.More;
        for (var groups = run.Groups.Count; groups > 0; groups--)
        {
            var last = run.Groups[groups - 1];
            var attached = last.End < here.Length && Letters.IsWord(here[last.End]);
            if (!attached && Strong(run, groups, run.Digits[..(last.FirstDigit + last.Count)], before) is { } kind && kinds.Contains(kind))
                return Verdict.Found(last.End, kind);
        }
        return kinds.Contains(PersonalKinds.Phone) ? PhoneNumbers.At(run, before, here[..Math.Min(here.Length, run.End + After)]) : Verdict.None;
    }

    private static string? Strong(DigitRun run, int groups, ReadOnlySpan<char> digits, ReadOnlySpan<char> before)
    {
        if (digits.Length < 9)
            return null;
        if (IsSocialSecurity(run, groups, digits, before))
            return PersonalKinds.UsSsn;
        if (run.Plus)
            return null;
        if (NationalIds.Is(digits, before, form => groups == run.Groups.Count && run.HasForm(form)))
            return PersonalKinds.NationalId;
        return digits.Length is >= 12 and <= 19 && IsIssued(digits) && Checksums.IsLuhn(digits) ? PersonalKinds.CreditCard : null;
    }

    // Areas 000, 666 and 9xx, group 00 and serial 0000 were never given out.
    private static bool IsSocialSecurity(DigitRun run, int groups, ReadOnlySpan<char> digits, ReadOnlySpan<char> before)
    {
        if (digits.Length != 9 || digits[0] == '9' || digits[..3] is "000" or "666" || digits[3..5] is "00" || digits[5..] is "0000")
            return false;
        return (groups == 3 && run.HasForm(3, 2, 4) && run.Groups[1].Between == run.Groups[2].Between) || Letters.Mentions(before, SocialSecurity, 40);
    }

    // Issuers of payment cards: the beginnings that ISO/IEC 7812 gave to networks.
    private static bool IsIssued(ReadOnlySpan<char> digits)
    {
        var four = Checksums.Mod(digits[..4], 10_000);
        return digits.Length switch
        {
            12 => four / 100 is 50 or (>= 56 and <= 69),
            13 => four / 1000 == 4,
            14 => four / 100 is 30 or 36 or 38 or 39,
            15 => four / 100 is 34 or 37 || four is 2131 or 1800,
            _ => four / 1000 == 4 || four / 100 is 35 or (>= 50 and <= 69) or 81 or 36 or 38 or 30 || four is >= 2200 and <= 2720,
        };
    }
}
