using static Agents.Conversation.Guardrails.Personal.Checksums;

namespace Agents.Conversation.Guardrails.Personal;

/// <summary>
/// National identity numbers of digits alone. Those whose check digits let more than one number in fifty through need their usual
/// form or the words before them; the rest stand for themselves.
/// </summary>
/// <remarks>Forms and weights: the issuers' publications, as collected in Wikipedia's "National identification number" and its articles by country.</remarks>
internal static class NationalIds
{
    private static readonly Number[] Numbers =
    [
        // France: 13 digits and a key modulo 97.
        new(15, digits => digits[0] is '1' or '2' && Mod(digits[..13], 97) + Mod(digits[13..], 100) == 97),
        // Belgium: two digits modulo 97, with a 2 before those born from 2000 on.
        new(11, digits => IsDay(digits, 2) && (97 - Mod(digits[..9], 97) == Mod(digits[9..], 100) || 97 - ((Mod(digits[..9], 97) + (2 * Mod("1000000000", 97))) % 97) == Mod(digits[9..], 100))),
        // Norway: two check digits modulo 11.
        new(11, digits => IsMonthAndDay(digits[2..4], digits[..2]) && Eleven(digits, 3, 7, 6, 1, 8, 9, 4, 5, 2) == digits[9] - '0' && Eleven(digits, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) == digits[10] - '0'),
        // Turkey: two check digits.
        new(11, digits => digits[0] != '0' && TurkishTenth(digits) == digits[9] - '0' && Weighted(digits, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]) % 10 == digits[10] - '0'),
        // Brazil, CPF: two check digits modulo 11.
        new(11, digits => digits.IndexOfAnyExcept(digits[0]) >= 0 && Brazilian(digits, 9) == digits[9] - '0' && Brazilian(digits, 10) == digits[10] - '0', [3, 3, 3, 2], ["cpf"]),
        // Poland, PESEL: a date and a check digit.
        new(11, digits => IsPolishDay(digits) && (10 - (Weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 == digits[10] - '0', null, ["pesel"]),
        // Germany, tax number: ISO 7064.
        new(11, digits => digits[0] != '0' && IsMod11And10(digits), [2, 3, 3, 3], ["steuer", "idnr", "tax id", "tin"]),
        // South Africa: a date and Luhn.
        new(13, digits => IsDay(digits, 2) && digits[10] is '0' or '1' && IsLuhn(digits), null, ["identity", "id number", "id no"]),
        // Korea: a date and a check digit modulo 11.
        new(13, digits => IsDay(digits, 2) && (11 - (Weighted(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10 == digits[12] - '0', [6, 7], ["resident", "rrn", "주민"]),
        // Sweden: a date and Luhn.
        new(10, digits => IsDay(digits, 2) && IsLuhn(digits), [6, 4], ["personnummer", "personal number"]),
        new(12, digits => digits[0] is '1' or '2' && IsDay(digits, 4) && IsLuhn(digits[2..]), [8, 4], ["personnummer", "personal number"]),
        // Denmark: a date, no check digit since 2007.
        new(10, digits => IsMonthAndDay(digits[2..4], digits[..2]), null, ["cpr"]),
        // United Kingdom, NHS: modulo 11.
        new(10, digits => (11 - (Weighted(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11 == digits[9] - '0', null, ["nhs"]),
        // India, Aadhaar: Verhoeff.
        new(12, digits => digits[0] >= '2' && IsVerhoeff(digits), [4, 4, 4], ["aadhaar", "uidai"]),
        // Netherlands, BSN: the test of eleven.
        new(9, digits => Weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 == 0, null, ["bsn", "burgerservice", "sofi"]),
        // Portugal, NIF: modulo 11.
        new(9, digits => Eleven(digits, 9, 8, 7, 6, 5, 4, 3, 2) is var check && (check == 10 ? 0 : check) == digits[8] - '0', null, ["nif", "contribuinte"]),
        // Canada, SIN: Luhn.
        new(9, digits => digits[0] != '0' && IsLuhn(digits), null, ["sin ", "sin:", "social insurance"]),
        // Australia, tax file number: modulo 11.
        new(9, digits => Weighted(digits, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 == 0, null, ["tfn", "tax file"]),
    ];

    private delegate bool Check(ReadOnlySpan<char> digits);

    /// <param name="Form">Groups that make it stand for itself; null for none.</param>
    /// <param name="Words">Words before it that do; null when it needs none.</param>
    private sealed record Number(int Length, Check IsValid, int[]? Form = null, string[]? Words = null);

    /// <summary>Whether these digits are such a number.</summary>
    /// <param name="hasForm">Whether they are written in groups of these lengths.</param>
    public static bool Is(ReadOnlySpan<char> digits, ReadOnlySpan<char> before, Func<int[], bool> hasForm)
    {
        foreach (var number in Numbers)
        {
            if (number.Length == digits.Length
                && (number.Words is null || (number.Form is { } form && hasForm(form)) || Spans.Letters.Mentions(before, number.Words, 40))
                && number.IsValid(digits))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Month and day behind the digits of the year.</summary>
    private static bool IsDay(ReadOnlySpan<char> digits, int year) => IsMonthAndDay(digits.Slice(year, 2), digits.Slice(year + 2, 2));

    // The century is in the month.
    private static bool IsPolishDay(ReadOnlySpan<char> digits) => Mod(digits[2..4], 100) % 20 is >= 1 and <= 12 && Mod(digits[4..6], 100) is >= 1 and <= 31;

    /// <summary>11 less the remainder; 11 counts as 0, and 10 is no digit.</summary>
    private static int Eleven(ReadOnlySpan<char> digits, params ReadOnlySpan<int> weights) => (11 - (Weighted(digits, weights) % 11)) % 11;

    private static int Brazilian(ReadOnlySpan<char> digits, int count)
    {
        var sum = 0;
        for (var i = 0; i < count; i++)
            sum += (digits[i] - '0') * (count + 1 - i);
        return sum * 10 % 11 % 10;
    }

    private static int TurkishTenth(ReadOnlySpan<char> digits) =>
        ((7 * Weighted(digits, [1, 0, 1, 0, 1, 0, 1, 0, 1])) - Weighted(digits, [0, 1, 0, 1, 0, 1, 0, 1]) + 100) % 10;
}
