using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;

namespace Agents.Inference.Routing;

/// <summary>What an answer says about the limits of whoever gave it.</summary>
internal static class RateLimitHeaders
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    /// <summary>The wait that <c>retry-after-ms</c> or <c>Retry-After</c> (seconds or a date) asks for.</summary>
    public static TimeSpan? RetryAfter(HttpResponseHeaders headers, TimeProvider time)
    {
        if (Text(headers, "retry-after-ms") is { } text && WholeNumber(text) is { } milliseconds)
            return TimeSpan.FromMilliseconds(milliseconds);
        if (Text(headers, "retry-after") is not { } wait)
            return null;
        if (WholeNumber(wait) is { } seconds)
            return TimeSpan.FromSeconds(seconds);
        var now = time.GetUtcNow();
        var dated = DateTimeOffset.TryParseExact(wait, "R", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date);
        return dated && date > now ? date - now : null;
    }

    /// <summary>How long to stay away because nothing remains: the longer of the requests' and the tokens' reset.</summary>
    public static TimeSpan? Exhausted(HttpResponseHeaders headers)
    {
        var requests = Reset(headers, "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests");
        var tokens = Reset(headers, "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens");
        return requests > tokens || tokens is null ? requests : tokens;
    }

    /// <summary>Durations as OpenAI writes them: <c>20ms</c>, <c>1.5s</c>, <c>6m0s</c>, <c>1h2m</c>; a bare number means seconds.</summary>
    internal static TimeSpan? Duration(string text)
    {
        var total = TimeSpan.Zero;
        var rest = text.AsSpan().Trim();
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(Digits);
            if (digits == 0 || !double.TryParse(digits < 0 ? rest : rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return null;
            rest = digits < 0 ? [] : rest[digits..];
            var letters = rest.IndexOfAny(Digits);
            var unit = letters < 0 ? rest : rest[..letters];
            rest = rest[unit.Length..];
            double? seconds = unit switch { "" or "s" => 1, "ms" => 0.001, "m" => 60, "h" => 3_600, "d" => 86_400, _ => null };
            if (seconds is not { } scale || number * scale > 86_400)
                return null;
            total += TimeSpan.FromSeconds(number * scale);
        }
        return total;
    }

    private static TimeSpan? Reset(HttpResponseHeaders headers, string remaining, string reset) =>
        Text(headers, remaining) is { } left && WholeNumber(left) == 0 && Text(headers, reset) is { } after ? Duration(after) : null;

    private static string? Text(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    private static int? WholeNumber(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
