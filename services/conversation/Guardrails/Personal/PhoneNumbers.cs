using Agents.Conversation.Guardrails.Spans;

namespace Agents.Conversation.Guardrails.Personal;

/// <summary>
/// Telephone numbers: nothing in one proves that it is one, so form and neighbourhood decide. With <c>+</c> the country code speaks for
/// itself; grouped digits count unless they look like a date or an amount; plain digits need a word such as "phone" close by.
/// </summary>
internal static class PhoneNumbers
{
    // ITU-T E.164 allows 15 digits.
    private const int MinDigits = 7;
    private const int MaxDigits = 15;
    private const int MaxExtension = 6;

    private static readonly string[] About =
    [
        "phone", "mobile", "cell", "fax", "tel", "call", "dial", "ring", "sms", "text", "whatsapp", "messag", "answer", "desk", "office", "contact", "reach", "hotline",
        "móvil", "teléfono", "telefon", "handy", "rufnummer", "portable", "celular", "电话", "手机", "電話", "телефон",
    ];

    private static readonly string[] Other =
    [
        "order", "invoice", "account", "reference", "ref", "ticket", "zip", "licen", "passport", "card", "serial", "version", "isbn", "tracking", "number of", "postcode",
        "postal", "sku", "part no", "case", "$", "€", "£", "¥", "eur", "usd", "gbp", "#",
    ];

    public static Verdict At(DigitRun run, ReadOnlySpan<char> before, ReadOnlySpan<char> here)
    {
        // Not in the middle of something longer.
        if (before.Length > 1 && ((before[^1] is '-' or '.' or '/' or ',' or '=' or '_' or '%' && Letters.IsWord(before[^2]))
            || (Letters.IsBlank(before[^1]) && Letters.Digit(before[^2]) >= 0)))
        {
            return Verdict.None;
        }
        var end = Extended(here, run.End);
        var after = here[end..];
        return (after.Length == 0 || !Letters.IsWord(after[0])) && Is(run, before, after[..Math.Min(12, after.Length)])
            ? Verdict.Found(end, PersonalKinds.Phone)
            : Verdict.None;
    }

    private static bool Is(DigitRun run, ReadOnlySpan<char> before, ReadOnlySpan<char> after)
    {
        if (run.Digits.Length is < MinDigits or > MaxDigits || run.IsDate() || (after.Length > 1 && after[0] == ',' && char.IsAsciiDigit(after[1])))
            return false;
        if (run.Plus)
            return true;
        var named = Letters.Mentions(before, About, 40) || Letters.Mentions(after, About);
        if (named)
            return true;
        if (Letters.Mentions(before, Other, 24) || after.StartsWith("%") || run.Groups.Any(group => group.Between == '/'))
            return false;
        var starts = run.Digits[0] == '0' && run.Digits[1] != '0';
        return run.Groups.Count switch
        {
            1 => starts && run.Digits.Length is 10 or 11,
            2 => run.Brackets || (starts && run.Digits.Length >= 9),
            _ => !IsAmount(run) && run.Groups.All(group => group.Count <= 5) && run.Groups.Count <= 6 && run.Digits.Length is >= 8 and <= 12,
        };
    }

    /// <summary>Groups of three behind the first, as in 1 250 000 or 1.250.000.</summary>
    private static bool IsAmount(DigitRun run) =>
        !run.Brackets && run.Digits[0] != '0' && run.Groups.Skip(1).All(group => group.Count == 3 && group.Between is ' ' or '.');

    /// <summary>Behind the extension, if there is one.</summary>
    private static int Extended(ReadOnlySpan<char> here, int from)
    {
        foreach (var mark in (string[])["x", " x", " ext. ", " ext ", " ext.", "ext. ", "ext"])
        {
            if (!here[from..].StartsWith(mark, StringComparison.OrdinalIgnoreCase))
                continue;
            var to = from + mark.Length;
            while (to < here.Length && to < from + mark.Length + MaxExtension && char.IsAsciiDigit(here[to]))
                to++;
            if (to > from + mark.Length)
                return to;
        }
        return from;
    }
}
