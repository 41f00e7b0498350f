using System.Globalization;

namespace Agents.LocalRuntime.Actors.Schedules;

/// <summary>Points in time as timers and reminders write them: RFC 3339, or a span from a start.</summary>
internal static class ActorTime
{
    private static readonly string[] Rfc3339 = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    public static bool TryParse(string text, DateTimeOffset start, out DateTimeOffset time)
    {
        if (DateTimeOffset.TryParseExact(text, Rfc3339, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time)) return true;
        if (!ActorPeriod.TryParse(text, out var span) || span.Repeats is not null) return false;
        time = span.After(start);
        return true;
    }
}
