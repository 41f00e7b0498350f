using System.Collections.Frozen;
using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails.Personal;

/// <summary>IBANs (ISO 13616): length by country, remainder 1 modulo 97; in any case, with or without blanks or dashes.</summary>
internal sealed class IbanDetector : IDetector
{
    private static readonly FrozenDictionary<string, int> Lengths = (
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 "
        + "GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 "
        + "NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20")
        .Split(' ').ToFrozenDictionary(entry => entry[..2], entry => int.Parse(entry[2..], System.Globalization.CultureInfo.InvariantCulture));

    public Verdict Judge(ReadOnlySpan<char> before, ReadOnlySpan<char> here, bool end)
    {
        if (!char.IsAsciiLetter(here[0]) || Letters.EndsInWord(before))
            return Verdict.None;
        Span<char> code = stackalloc char[34];
        var (count, at, wanted, gap) = (0, 0, 4, 0);
        for (; at < here.Length && count < wanted; at++)
        {
            var c = Letters.Digit(here[at]) is >= 0 and var digit ? (char)('0' + digit) : char.ToUpperInvariant(here[at]);
            if (Letters.IsInvisible(c))
                continue;
            if (Letters.IsBlank(c) || Letters.IsDash(c))
            {
                // The country and its check digits are written together.
                if (count < 4 || ++gap > 1)
                    return Verdict.None;
                continue;
            }
            if (!(count < 2 ? char.IsAsciiLetterUpper(c) : count < 4 ? char.IsAsciiDigit(c) : char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c)))
                return Verdict.None;
            (code[count++], gap) = (c, 0);
            if (count == 4 && !Lengths.TryGetValue(new string(code[..2]), out wanted))
                return Verdict.None;
        }
        if (count < wanted)
            return end ? Verdict.None : Verdict.More;
        if (at == here.Length && !end)
            return Verdict.More;
        return (at == here.Length || !Letters.IsWord(here[at])) && Checksums.IsMod97(code[..count]) ? Verdict.Found(at, PersonalKinds.Iban) : Verdict.None;
    }
}
