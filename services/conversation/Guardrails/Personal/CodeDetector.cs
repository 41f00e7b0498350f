using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails.Personal;

/// <summary>
/// Identity numbers with letters in them, by their check characters (Spain, Italy, Finland, China, Mexico) or strict form (United Kingdom),
/// and numbers of passports, licences and identity cards by the words before them.
/// </summary>
internal sealed class CodeDetector(IReadOnlySet<string> kinds) : IDetector
{
    private const int Longest = 24;
    private const string SpanishLetters = "TRWAGMYFPDXBNJZSQVHLCKE";
    private const string FinnishLetters = "0123456789ABCDEFHJKLMNPRSTUVWXY";
    private const string MexicanAlphabet = "0123456789ABCDEFGHIJKLMN\u00D1OPQRSTUVWXYZ";

    // Agenzia delle Entrate, decree of 12 March 1974: values of characters in odd places.
    private static readonly int[] ItalianOdd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

    private static readonly string[] Documents =
    [
        "passport", "driver's licen", "drivers licen", "driver licen", "driver’s licen", "driving licen", "identity card", "id card", "personalausweis", "reisepass", "führerschein",
        "passeport", "permis de conduire", "pasaporte", "licencia de conducir", "carta d'identit", "护照",
    ];

    public Verdict Judge(ReadOnlySpan<char> before, ReadOnlySpan<char> here, bool end)
    {
        if (!char.IsAsciiLetterOrDigit(here[0]) || Letters.EndsInWord(before) || (before.Length > 1 && before[^1] is '-' && Letters.IsWord(before[^2])))
            return Verdict.None;
        Span<char> code = stackalloc char[Longest];
        int length = 0, count = 0, digits = 0;
        for (; length < here.Length && length <= Longest && Belongs(here[length]); length++)
        {
            if (!char.IsAsciiLetterOrDigit(here[length]) || count == Longest)
                continue;
            digits += char.IsAsciiDigit(here[length]) ? 1 : 0;
            code[count++] = char.ToUpperInvariant(here[length]);
        }
        if (length > Longest)
            return Verdict.None;
        if (length == here.Length && !end)
            return Verdict.More;
        while (length > 0 && !char.IsAsciiLetterOrDigit(here[length - 1]))
            length--;
        if (length < here.Length && Letters.IsWord(here[length]))
            return Verdict.None;
        if (kinds.Contains(PersonalKinds.NationalId) && digits >= 6 && IsNational(code[..count], here[..length]))
            return Verdict.Found(length, PersonalKinds.NationalId);
        return kinds.Contains(PersonalKinds.DocumentNumber) && digits >= 4 && count is >= 6 and <= 20 && Letters.Mentions(before, Documents, 40)
            ? Verdict.Found(length, PersonalKinds.DocumentNumber)
            : Verdict.None;
    }

    private static bool IsNational(ReadOnlySpan<char> code, ReadOnlySpan<char> written) => code.Length switch
    {
        9 => IsSpanish(code) || IsBritish(code),
        10 => IsFinnish(code, written),
        16 => IsItalian(code),
        18 => IsChinese(code) || IsMexican(code),
        _ => false,
    };

    private static bool IsSpanish(ReadOnlySpan<char> code)
    {
        Span<char> number = stackalloc char[8];
        code[..8].CopyTo(number);
        if (number[0] is 'X' or 'Y' or 'Z')
            number[0] = (char)('0' + (number[0] - 'X'));
        return Digits(number) && code[8] == SpanishLetters[Checksums.Mod(number, 23)];
    }

    // HM Revenue & Customs, NIM39110.
    private static bool IsBritish(ReadOnlySpan<char> code) =>
        char.IsAsciiLetter(code[0]) && char.IsAsciiLetter(code[1]) && Digits(code[2..8]) && code[8] is >= 'A' and <= 'D'
        && !"DFIQUV".Contains(code[0]) && !"DFIOQUV".Contains(code[1]) && code[..2] is not ("BG" or "GB" or "NK" or "KN" or "TN" or "NT" or "ZZ");

    /// <summary>ddmmyy, a sign for the century, three digits, a check character.</summary>
    private static bool IsFinnish(ReadOnlySpan<char> code, ReadOnlySpan<char> written) =>
        written.Length == 11 && written[6] == '-' && Digits(code[..9]) && Checksums.IsMonthAndDay(code[2..4], code[..2])
        && code[9] == FinnishLetters[Checksums.Mod(code[..9], 31)];

    private static bool IsItalian(ReadOnlySpan<char> code)
    {
        var sum = 0;
        for (var i = 0; i < 15; i++)
        {
            // Letters may also stand for digits, never the other way round.
            if (i is < 6 or 8 or 11 && !char.IsAsciiLetter(code[i]))
                return false;
            var value = char.IsAsciiDigit(code[i]) ? code[i] - '0' : code[i] - 'A';
            sum += i % 2 == 0 ? ItalianOdd[value] : value;
        }
        return code[15] == 'A' + (sum % 26);
    }

    /// <summary>GB 11643: ISO 7064 MOD 11-2.</summary>
    private static bool IsChinese(ReadOnlySpan<char> code) =>
        Digits(code[..17]) && Checksums.IsMonthAndDay(code[10..12], code[12..14])
        && "10X98765432"[Checksums.Weighted(code, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11] == code[17];

    /// <summary>CURP: four letters, a date, letters, a check digit.</summary>
    private static bool IsMexican(ReadOnlySpan<char> code)
    {
        if (!Digits(code[4..10]) || !Checksums.IsMonthAndDay(code[6..8], code[8..10]) || code[..4].IndexOfAnyExceptInRange('A', 'Z') >= 0 || !char.IsAsciiDigit(code[17]))
            return false;
        var sum = 0;
        for (var i = 0; i < 17; i++)
            sum += MexicanAlphabet.IndexOf(code[i], StringComparison.Ordinal) * (18 - i);
        return (10 - (sum % 10)) % 10 == code[17] - '0';
    }

    private static bool Digits(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') < 0;

    private static bool Belongs(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '.';
}
