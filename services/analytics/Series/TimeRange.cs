using System.Globalization;
using Agents.Defaults.Errors;

namespace Agents.Analytics.Series;

/// <summary>A range of whole minutes, UTC; <see cref="To"/> is not part of it.</summary>
internal sealed record TimeRange(DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>The longest range of a summary.</summary>
    public static readonly TimeSpan Month = TimeSpan.FromDays(31);

    private static readonly TimeSpan Default = TimeSpan.FromHours(24);

    // RFC 3339, the profile of ISO 8601 of the internet; 'K' alone would also take a time without offset.
    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz",
    ];

    private const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;

    /// <summary>Reads the query; <c>from</c> is rounded down and <c>to</c> up to the minute.</summary>
    public static (TimeRange? Range, Problem? Refusal) Read(string? from, string? to, TimeSpan longest, DateTimeOffset now)
    {
        if (!TryRead(to, out var end))
            return (null, Unreadable("to"));
        if (!TryRead(from, out var start))
            return (null, Unreadable("from"));
        end = RoundUp(end ?? now);
        start = RoundDown(start ?? end.Value - Default);
        if (start >= end)
            return (null, Problem.Invalid("from", "from must be before to."));
        if (end - start > longest)
            return (null, Problem.Invalid("from", $"from and to must be at most {longest.TotalDays} days apart."));
        return (new TimeRange(start.Value, end.Value), null);
    }

    private static bool TryRead(string? text, out DateTimeOffset? moment)
    {
        moment = null;
        if (text is null)
            return true;
        if (!DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, Utc, out var read) || read.Year is < 2000 or > 2999)
            return false;
        moment = read;
        return true;
    }

    private static Problem Unreadable(string field) => Problem.Invalid(
        field,
        $"{field} must be a time of this millennium as in RFC 3339, such as 2026-01-31T09:30:00Z; the + of an offset is written %2B in an address.");

    private static DateTimeOffset RoundDown(DateTimeOffset moment) => moment.AddTicks(-(moment.UtcTicks % TimeSpan.TicksPerMinute));

    private static DateTimeOffset RoundUp(DateTimeOffset moment) => RoundDown(moment.AddTicks(TimeSpan.TicksPerMinute - 1));
}
