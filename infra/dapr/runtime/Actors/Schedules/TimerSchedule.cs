using Agents.LocalRuntime.Http;

namespace Agents.LocalRuntime.Actors.Schedules;

/// <summary>When a timer fires.</summary>
/// <param name="Due">The next firing.</param>
/// <param name="Period">Between firings, or null for one only.</param>
/// <param name="Left">Firings left, or null for no end.</param>
/// <param name="Expires">No firing after this, or null.</param>
internal sealed record TimerSchedule(DateTimeOffset Due, ActorPeriod? Period, int? Left, DateTimeOffset? Expires)
{
    /// <exception cref="ApiException">A time cannot be read.</exception>
    public static TimerSchedule Read(ScheduleBody body, DateTimeOffset now)
    {
        var due = now;
        if (body.DueTime.Length > 0 && !ActorTime.TryParse(body.DueTime, now, out due))
            throw Refused($"error parsing timer due time: unsupported time/duration format: {body.DueTime}");
        ActorPeriod? period = null;
        if (body.Period.Length > 0 && !ActorPeriod.TryParse(body.Period, out period))
            throw Refused($"invalid timer period: parse error: unsupported duration format: {body.Period}");
        DateTimeOffset? expires = null;
        if (body.Ttl.Length > 0)
        {
            if (!ActorTime.TryParse(body.Ttl, due, out var end)) throw Refused($"error parsing timer TTL: unsupported time/duration format: {body.Ttl}");
            if (end <= now) throw Refused($"timer has already expired: dueTime: {body.DueTime}, TTL: {body.Ttl}");
            expires = end;
        }

        return period is null or { IsZero: true } ? new(due, null, 1, expires) : new(due, period, period.Repeats, expires);
    }

    /// <summary>After a firing; a firing that took longer than the period is followed at once. Null: that was the last one.</summary>
    public TimerSchedule? Next(DateTimeOffset now)
    {
        if (Period is null || Left == 1) return null;
        var next = Period.After(Due);
        return this with { Due = next < now ? now : next, Left = Left - 1 };
    }

    public bool IsOver => Expires < Due;

    private static ApiException Refused(string message) => new(500, "ERR_ACTOR_TIMER_CREATE", $"error creating actor timer: {message}");
}
