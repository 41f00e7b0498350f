using Agents.LocalRuntime.Http;
using Agents.LocalRuntime.Resources;

namespace Agents.LocalRuntime.Actors.Schedules;

/// <summary>A reminder as it is kept. All times are Unix milliseconds.</summary>
internal sealed record Reminder
{
    /// <summary>After so many repeated attempts a failed firing gives way to the next period.</summary>
    private const int Retries = 3;
    private const long RetryWait = 1_000;
    private const long LongestRetryWait = 30_000;

    /// <summary>Given by the store; another one after each registration.</summary>
    public long Id { get; init; }

    public required string Namespace { get; init; }

    public required ActorKey Actor { get; init; }

    public required string Name { get; init; }

    /// <summary>As registered.</summary>
    public required string DueTime { get; init; }

    /// <summary>As registered.</summary>
    public required string Period { get; init; }

    /// <summary>As registered.</summary>
    public required string Ttl { get; init; }

    /// <summary>JSON, or null.</summary>
    public byte[]? Data { get; init; }

    /// <summary>Between firings; zero for one firing only.</summary>
    public long Every { get; init; }

    /// <summary>The firing that comes, or that is being tried again.</summary>
    public long Tick { get; init; }

    /// <summary>When it is tried next.</summary>
    public long Next { get; init; }

    /// <summary>Firings left, or null for no end.</summary>
    public int? Left { get; init; }

    public long? Expires { get; init; }

    /// <summary>How often this firing has failed.</summary>
    public int Attempts { get; init; }

    /// <summary>The period as daprd reads it back.</summary>
    public string EveryText => Every == 0 ? "" : $"@every {GoDuration.Format(TimeSpan.FromMilliseconds(Every))}";

    public bool IsOver => Expires < Next;

    /// <exception cref="ApiException">A time cannot be read.</exception>
    public static Reminder Read(string ownNamespace, ActorKey actor, string name, ScheduleBody body, DateTimeOffset now)
    {
        ActorPeriod? period = null;
        if (body.Period.Length > 0 && (!ActorPeriod.TryParse(body.Period, out period) || period.HasDateParts))
            throw Refused($"unsupported period format: {body.Period}");
        if (body.DueTime.Length == 0 && period is null or { IsZero: true }) throw Invalid("job must have either a due time or a schedule");
        var due = now;
        if (body.DueTime.Length > 0 && !ActorTime.TryParse(body.DueTime, now, out due)) throw Invalid("due time format not recognized");
        if (due < now) due = now;
        long? expires = null;
        if (body.Ttl.Length > 0)
        {
            if (!ActorTime.TryParse(body.Ttl, due, out var end)) throw Invalid("ttl format not recognized");
            if (end <= now) throw Invalid("ttl must be in the future");
            expires = end.ToUnixTimeMilliseconds();
        }

        // Shorter periods than a millisecond would be none.
        var every = period is null or { IsZero: true } ? 0 : Math.Max(1, (long)period.Span.TotalMilliseconds);
        return new()
        {
            Namespace = ownNamespace,
            Actor = actor,
            Name = name,
            DueTime = body.DueTime,
            Period = body.Period,
            Ttl = body.Ttl,
            Data = body.Data,
            Every = every,
            Tick = due.ToUnixTimeMilliseconds(),
            Next = due.ToUnixTimeMilliseconds(),
            Left = every == 0 ? 1 : period!.Repeats,
            Expires = expires,
        };
    }

    /// <summary>After a firing the app took. Periods that went by meanwhile count as none. Null: that was the last one.</summary>
    public Reminder? AfterSuccess(long now)
    {
        if (Every == 0 || Left == 1) return null;
        var tick = Tick + (Every * (Math.Max(0, now - Tick) / Every + 1));
        return this with { Tick = tick, Next = tick, Left = Left - 1, Attempts = 0 };
    }

    /// <summary>
    /// After a firing that failed: again in a second, three times, then the next period. A last firing has none, so it is
    /// kept and tried again, ever more slowly.
    /// </summary>
    public Reminder AfterFailure(long now)
    {
        if (Attempts < Retries) return this with { Attempts = Attempts + 1, Next = now + RetryWait };
        return AfterSuccess(now) ??
            this with { Attempts = Attempts + 1, Next = now + Math.Min(LongestRetryWait, RetryWait << Math.Min(Attempts - Retries + 1, 10)) };
    }

    private static ApiException Refused(string message) => new(500, "ERR_ACTOR_REMINDER_CREATE", $"error creating actor reminder: {message}");

    private static ApiException Invalid(string message) => Refused($"rpc error: code = Unknown desc = job failed validation: {message}");
}
