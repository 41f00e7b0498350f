namespace Agents.Analytics.Summaries;

/// <summary>From sums to what is shown: nothing but arithmetic.</summary>
internal static class SummaryBuilder
{
    public const string OtherModels = "(other)";

    private const int MaxModels = 50;

    // Events travel in the background, and a broker may be away for a moment.
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(2);

    /// <param name="complete">All that the archives hold is in the excerpt.</param>
    /// <param name="everybody">The infrastructure of the whole installation is shown.</param>
    public static Summary Build(SummaryRange range, Excerpt excerpt, bool complete, bool everybody, DateTimeOffset now)
    {
        var end = range.To < now ? range.To : now;
        var own = excerpt.Own;
        return new Summary(
            range.From, range.To, !complete || range.To + Settling > now, excerpt.KeptFrom > range.From ? excerpt.KeptFrom : null,
            Infrastructure(everybody ? excerpt.Everybody : own.Counters, everybody ? excerpt.Replicas : null, range.From, end),
            Agent(own, end - range.From),
            Model(own.Models),
            Quality(own),
            Business(own.Counters, own.Models.Values.Sum(totals => totals.CostMicros)));
    }

    private static InfrastructureSummary Infrastructure(
        Counters counters, IReadOnlyList<Lifespan>? replicas, DateTimeOffset from, DateTimeOffset end) => new(
        // A replica that was just started anew has two lives within the silence that is allowed.
        replicas?.Where(life => life.IsAliveAt(end)).DistinctBy(life => (life.AppId, life.Replica))
            .GroupBy(life => life.AppId).OrderBy(app => app.Key, StringComparer.Ordinal)
            .Select(app => new AliveReplicas(app.Key, app.Count())).ToList(),
        replicas?.Count(life => life.JoinedBetween(from, end)),
        replicas?.Count(life => life.LeftBetween(from, end)),
        counters[Counter.Events], counters[Counter.Ignored], counters[Counter.DocumentsReady], counters[Counter.DocumentsFailed]);

    private static AgentSummary Agent(Figures own, TimeSpan passed)
    {
        var failed = own.Counters[Counter.TurnsFailed];
        var turns = own.Counters[Counter.TurnsCompleted] + failed;
        return new AgentSummary(
            turns, failed, passed > TimeSpan.Zero ? turns / passed.TotalSeconds : null, Percentiles(own.Latency), Percentiles(own.Ttft),
            Share(failed, turns));
    }

    private static ModelSummary Model(IReadOnlyDictionary<string, CallTotals> models)
    {
        var ranked = models.OrderByDescending(model => model.Value.Calls).ThenBy(model => model.Key, StringComparer.Ordinal).ToList();
        var shown = ranked.Take(MaxModels).Select(model => OneModel(model.Key, model.Value)).ToList();
        if (ranked.Count > MaxModels)
            shown.Add(OneModel(OtherModels, Sum(ranked.Skip(MaxModels).Select(model => model.Value))));
        var all = Sum(models.Values);
        return new ModelSummary(
            all.Calls, all.Errors, all.TokensIn, all.TokensOut, all.TokensCached, all.CostMicros, Each(all.CostMicros, all.Calls),
            all.RateLimited, shown);
    }

    private static OneModelSummary OneModel(string model, CallTotals totals) => new(
        model, totals.Calls, totals.Errors, totals.TokensIn, totals.TokensOut, totals.TokensCached, totals.CostMicros,
        Each(totals.CostMicros, totals.Calls), totals.RateLimited);

    private static QualitySummary Quality(Figures own)
    {
        var (completed, failed) = (own.Counters[Counter.TurnsCompleted], own.Counters[Counter.TurnsFailed]);
        var (up, down) = (own.Ratings.LongCount(rating => rating == "up"), own.Ratings.LongCount(rating => rating == "down"));
        return new QualitySummary(
            Share(completed, completed + failed), up, down, Share(up, up + down), own.Counters[Counter.GuardrailsTriggered],
            Share(own.Counters[Counter.GroundednessMicros], own.Counters[Counter.AnswersScored] * 1_000_000));
    }

    private static BusinessSummary Business(Counters counters, long cost)
    {
        var (ended, escalated) = (counters[Counter.SessionsEnded], counters[Counter.SessionsEscalated]);
        return new BusinessSummary(
            counters[Counter.SessionsStarted], ended, counters[Counter.SessionsResolved], escalated,
            counters[Counter.EscalationsOpened], counters[Counter.EscalationsResolved], Share(ended - escalated, ended),
            cost, Each(cost, counters[Counter.SessionsStarted]), Each(cost, counters[Counter.SessionsResolved]));
    }

    private static Percentiles? Percentiles(Sketch sketch) =>
        sketch.Quantile(0.5) is { } p50 && sketch.Quantile(0.95) is { } p95 && sketch.Quantile(0.99) is { } p99
            ? new Percentiles((int)Math.Round(p50), (int)Math.Round(p95), (int)Math.Round(p99))
            : null;

    private static CallTotals Sum(IEnumerable<CallTotals> totals) => totals.Aggregate(default(CallTotals), (sum, next) => sum + next);

    private static double? Share(long part, long whole) => whole > 0 ? (double)part / whole : null;

    private static long? Each(long micros, long count) => count > 0 ? (long)Math.Round((decimal)micros / count) : null;
}
