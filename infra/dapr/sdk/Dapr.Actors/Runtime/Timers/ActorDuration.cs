using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;

namespace Dapr.Actors.Runtime;

/// <summary>Durations as the sidecar writes and reads them.</summary>
internal static partial class ActorDuration
{
    private const string Every = "@every ";

    /// <summary>Hours, minutes, seconds and milliseconds, such as <c>0h0m5s0ms</c>; empty for a negative one.</summary>
    public static string Write(TimeSpan duration) => duration < TimeSpan.Zero
        ? ""
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{(long)Math.Floor(duration.TotalHours)}h{duration.Minutes}m{duration.Seconds}s{duration.Milliseconds}ms");

    /// <summary>A period with a number of calls, such as <c>R3/PT5S</c>; the sidecar takes whole seconds only.</summary>
    public static string Write(TimeSpan period, int repetitions)
    {
        if (period.Ticks % TimeSpan.TicksPerSecond != 0)
            throw new ArgumentException("A period with a number of repetitions must be whole seconds.", nameof(period));
        // Seconds only: the sidecar refuses periods with days in them.
        return string.Create(CultureInfo.InvariantCulture, $"R{repetitions}/PT{period.Ticks / TimeSpan.TicksPerSecond}S");
    }

    /// <summary>Reads <c>1h30m</c>, <c>PT5S</c>, <c>R3/PT5S</c> and <c>@every 5s</c>; an empty text is a negative duration.</summary>
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static TimeSpan Read(string? text)
    {
        if (string.IsNullOrEmpty(text)) return Timeout.InfiniteTimeSpan;
        if (text.StartsWith('R')) text = text[(text.IndexOf('/', StringComparison.Ordinal) + 1)..];
        if (text.StartsWith('P')) return XmlConvert.ToTimeSpan(text);
        if (text.StartsWith(Every, StringComparison.Ordinal)) text = text[Every.Length..];

        var match = Units().Match(text);
        if (!match.Success) throw new FormatException($"'{text}' is no duration.");
        var parts = match.Groups[1].Captures.Zip(match.Groups[2].Captures, (number, unit) =>
            double.Parse(number.Value, CultureInfo.InvariantCulture) * TicksOf(unit.Value));
        return TimeSpan.FromTicks((long)parts.Sum());
    }

    private static double TicksOf(string unit) => unit switch
    {
        "h" => TimeSpan.TicksPerHour,
        "m" => TimeSpan.TicksPerMinute,
        "s" => TimeSpan.TicksPerSecond,
        "ms" => TimeSpan.TicksPerMillisecond,
        "ns" => 0.01,
        _ => TimeSpan.TicksPerMicrosecond,
    };

    [GeneratedRegex(@"^(?:(\d{1,10}(?:\.\d{1,9})?)(h|ms|us|µs|ns|m|s))+$", RegexOptions.CultureInvariant)]
    private static partial Regex Units();
}
