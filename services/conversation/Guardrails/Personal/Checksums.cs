namespace Agents.Conversation.Guardrails.Personal;

/// <summary>Check digits. Arguments hold plain digits (and capital letters where said).</summary>
internal static class Checksums
{
    private static readonly string[] VerhoeffProduct =
    [
        "0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
    ];

    private static readonly string[] VerhoeffPermutation =
    [
        "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
    ];

    /// <summary>Luhn, ISO/IEC 7812-1 annex B.</summary>
    public static bool IsLuhn(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[^(i + 1)] - '0';
            sum += i % 2 == 0 ? digit : digit > 4 ? (2 * digit) - 9 : 2 * digit;
        }
        return sum % 10 == 0;
    }

    /// <summary>ISO 7064 MOD 97-10 as IBANs use it: the first four characters go to the end, letters count from 10.</summary>
    public static bool IsMod97(ReadOnlySpan<char> code)
    {
        var rest = 0;
        for (var i = 0; i < code.Length; i++)
        {
            var c = code[(i + 4) % code.Length];
            rest = char.IsAsciiDigit(c) ? ((rest * 10) + (c - '0')) % 97 : ((rest * 100) + (c - 'A' + 10)) % 97;
        }
        return rest == 1;
    }

    /// <summary>The remainder of a number.</summary>
    public static int Mod(ReadOnlySpan<char> digits, int modulus)
    {
        var rest = 0;
        foreach (var c in digits)
            rest = ((rest * 10) + (c - '0')) % modulus;
        return rest;
    }

    /// <summary>Sum of the digits, each times its weight.</summary>
    public static int Weighted(ReadOnlySpan<char> digits, ReadOnlySpan<int> weights)
    {
        var sum = 0;
        for (var i = 0; i < weights.Length; i++)
            sum += (digits[i] - '0') * weights[i];
        return sum;
    }

    /// <summary>ISO 7064 MOD 11,10.</summary>
    public static bool IsMod11And10(ReadOnlySpan<char> digits)
    {
        var product = 10;
        foreach (var c in digits[..^1])
        {
            var sum = (c - '0' + product) % 10;
            product = (sum == 0 ? 10 : sum) * 2 % 11;
        }
        return (11 - product) % 10 == digits[^1] - '0';
    }

    /// <summary>Verhoeff (1969).</summary>
    public static bool IsVerhoeff(ReadOnlySpan<char> digits)
    {
        var check = 0;
        for (var i = 0; i < digits.Length; i++)
            check = VerhoeffProduct[check][VerhoeffPermutation[i % 8][digits[^(i + 1)] - '0'] - '0'] - '0';
        return check == 0;
    }

    /// <summary>Whether two digits each are a month and a day.</summary>
    public static bool IsMonthAndDay(ReadOnlySpan<char> month, ReadOnlySpan<char> day) => Mod(month, 100) is >= 1 and <= 12 && Mod(day, 100) is >= 1 and <= 31;
}
