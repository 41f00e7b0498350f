using Agents.Analytics.Figures;

namespace Agents.Analytics.Series;

/// <summary>What a figure is computed from.</summary>
/// <param name="Cell">Of the value that is asked for; of everything when none is.</param>
/// <param name="Total">Of everything.</param>
/// <param name="Lives">Of replicas, over all that is asked for; none for who may not see them.</param>
/// <param name="End">Of the step, or now if that is earlier.</param>
internal sealed record Measured(Cell Cell, Cell Total, IReadOnlyCollection<Lifespan> Lives, TimeRange Step, DateTimeOffset End)
{
    public TimeSpan Passed => End - Step.From;

    public long this[Counter counter] => Cell[counter];
}

/// <summary>A figure by name: how sums become what is shown.</summary>
/// <param name="Unit"><c>count</c>, <c>share</c> (0 to 1), <c>ms</c>, <c>micros</c> (micro-units of the account's currency), <c>per_second</c>, <c>tokens</c>.</param>
/// <param name="Of">Null when there is no data for it: nothing is ever made up.</param>
internal sealed record Figure(string Name, string Group, string Unit, Func<Measured, decimal?> Of)
{
    private static readonly int[] Percents = [50, 95, 99];

    /// <summary>All there are, in the order in which they are listed.</summary>
    public static IReadOnlyList<Figure> All { get; } =
    [
        Count("events", "infrastructure", Counter.Events),
        Count("ignored_events", "infrastructure", Counter.Ignored),
        Count("documents_ready", "infrastructure", Counter.DocumentsReady),
        Count("documents_failed", "infrastructure", Counter.DocumentsFailed),
        .. Quantiles("index_lag", "infrastructure", Distribution.IndexLag),
        Count("jobs_accepted", "infrastructure", Counter.JobsAccepted),
        Count("jobs_succeeded", "infrastructure", Counter.JobsSucceeded),
        Count("jobs_failed", "infrastructure", Counter.JobsFailed),
        Count("jobs_cancelled", "infrastructure", Counter.JobsCancelled),
        Count("jobs_dead", "infrastructure", Counter.JobsDead),
        .. Quantiles("job_wait", "infrastructure", Distribution.JobWait),
        .. Quantiles("job_run", "infrastructure", Distribution.JobRun),
        new("queue_depth", "infrastructure", "count", Queued),
        Share("slot_utilisation", "infrastructure", of => of[Counter.Busy], of => of[Counter.Slots]),
        new("replicas", "infrastructure", "count", of => Replicas(of, life => life.First < of.End && life.Last >= of.Step.From)),
        new("replica_joins", "infrastructure", "count", of => Lives(of, life => life.Joined && life.First >= of.Step.From && life.First < of.End)),
        new("replica_leaves", "infrastructure", "count", of => Lives(of, life => life.LeftBetween(of.Step.From, of.End))),

        new("turns", "agent", "count", of => Turns(of)),
        Count("turns_failed", "agent", Counter.TurnsFailed),
        new("requests_per_second", "agent", "per_second", of => of.Passed > TimeSpan.Zero ? Turns(of) / (decimal)of.Passed.TotalSeconds : null),
        .. Quantiles("latency", "agent", Distribution.Turn),
        .. Quantiles("first_token", "agent", Distribution.FirstToken),
        Share("error_rate", "agent", of => of[Counter.TurnsFailed], Turns),
        Count("guardrails", "agent", Counter.GuardrailsTriggered),
        Share("guardrail_rate", "agent", of => of[Counter.GuardrailsTriggered], Turns),

        Count("calls", "model", Counter.Calls),
        Share("call_share", "model", of => of[Counter.Calls], of => of.Total[Counter.Calls]),
        Count("call_errors", "model", Counter.CallErrors),
        Share("call_error_rate", "model", of => of[Counter.CallErrors], of => of[Counter.Calls]),
        Count("rate_limited", "model", Counter.CallsRateLimited),
        Count("cache_hits", "model", Counter.CallsCached),
        Share("cache_hit_rate", "model", of => of[Counter.CallsCached], of => of[Counter.Calls]),
        .. Quantiles("call_duration", "model", Distribution.Call),
        Count("tokens_in", "model", Counter.TokensIn, "tokens"),
        Count("tokens_out", "model", Counter.TokensOut, "tokens"),
        Count("tokens_cached", "model", Counter.TokensCached, "tokens"),
        new("tokens_per_call", "model", "tokens", of => Ratio(of[Counter.TokensIn] + of[Counter.TokensOut], of[Counter.Calls])),
        Count("cost", "model", Counter.CostMicros, "micros"),
        new("cost_per_call", "model", "micros", of => Each(of[Counter.CostMicros], of[Counter.Calls])),

        Share("completion_rate", "quality", of => of[Counter.TurnsCompleted], Turns),
        Count("feedback_up", "quality", Counter.RatedUp),
        Count("feedback_down", "quality", Counter.RatedDown),
        Share("satisfaction", "quality", of => of[Counter.RatedUp], of => of[Counter.RatedUp] + of[Counter.RatedDown]),
        new("groundedness", "quality", "share", of => Ratio(of[Counter.GroundednessMicros], of[Counter.AnswersScored] * 1_000_000)),
        new("judged_groundedness", "quality", "share", of => Ratio(of[Counter.JudgedMicros], of[Counter.AnswersJudged] * 1_000_000)),
        Count("escalations", "quality", Counter.EscalationsOpened),
        Share("escalation_rate", "quality", of => of[Counter.SessionsEscalated], of => of[Counter.SessionsEnded]),

        Count("sessions_started", "business", Counter.SessionsStarted),
        Count("sessions_ended", "business", Counter.SessionsEnded),
        Count("resolved", "business", Counter.SessionsResolved),
        Share("resolution_rate", "business", of => of[Counter.SessionsResolved], of => of[Counter.SessionsEnded]),
        Share("deflection_rate", "business", of => of[Counter.SessionsEnded] - of[Counter.SessionsEscalated], of => of[Counter.SessionsEnded]),
        Share("accuracy", "business", of => of[Counter.CasesCorrect], of => of[Counter.CasesRun]),
        new("cost_per_session", "business", "micros", of => Each(of[Counter.CostMicros], of[Counter.SessionsStarted])),
        new("cost_per_resolution", "business", "micros", of => Each(of[Counter.CostMicros], of[Counter.SessionsResolved])),
    ];

    public static Figure? Find(string name) => All.FirstOrDefault(figure => figure.Name == name);

    private static Figure Count(string name, string group, Counter counter, string unit = "count") => new(name, group, unit, of => of[counter]);

    private static Figure Share(string name, string group, Func<Measured, long> part, Func<Measured, long> whole) =>
        new(name, group, "share", of => Ratio(part(of), whole(of)));

    private static IEnumerable<Figure> Quantiles(string name, string group, Distribution distribution) => Percents.Select(percent => new Figure(
        $"{name}_p{percent}", group, "ms", of => of.Cell[distribution]?.Quantile(percent / 100.0) is { } value ? (decimal)Math.Round(value) : null));

    private static long Turns(Measured of) => of[Counter.TurnsCompleted] + of[Counter.TurnsFailed];

    // The mean over time; that nothing waits is known only where replicas are heard of.
    private static decimal? Queued(Measured of) =>
        of.Lives.Count > 0 && of.Passed > TimeSpan.Zero ? Math.Round(of[Counter.QueuedSeconds] / (decimal)of.Passed.TotalSeconds, 3) : null;

    private static decimal? Lives(Measured of, Func<Lifespan, bool> condition) => of.Lives.Count > 0 ? of.Lives.Count(condition) : null;

    // A replica that was started anew has two lives.
    private static decimal? Replicas(Measured of, Func<Lifespan, bool> condition) =>
        of.Lives.Count > 0 ? of.Lives.Where(condition).DistinctBy(life => (life.AppId, life.Replica)).Count() : null;

    private static decimal? Ratio(long part, long whole) => whole > 0 ? Math.Round((decimal)part / whole, 6) : null;

    private static decimal? Each(long micros, long count) => count > 0 ? Math.Round((decimal)micros / count) : null;
}
