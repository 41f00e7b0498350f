using Agents.Analytics.Archive;
using Agents.Analytics.Figures;
using Agents.Analytics.Series;

namespace Agents.Analytics.Summaries;

/// <summary>From sums to what is shown: nothing but arithmetic.</summary>
internal static class SummaryBuilder
{
    private const int MaxModels = 50;

    /// <param name="replicas">The replicas of the installation are shown.</param>
    public static Summary Build(TimeRange range, Excerpt excerpt, bool replicas, DateTimeOffset now)
    {
        var end = range.To < now ? range.To : now;
        var total = excerpt.Tally.Total;
        var kept = now - EventArchive.Kept;
        return new Summary(
            range.From, range.To, excerpt.IsProvisional(range, now), range.From < kept ? kept : null, Infrastructure(total, replicas ? excerpt.Tally.Lives.Values : null, range.From, end),
            Agent(total, end - range.From), Model(excerpt.Tally), Quality(total), Business(total));
    }

    private static InfrastructureSummary Infrastructure(Cell total, IEnumerable<Lifespan>? lives, DateTimeOffset from, DateTimeOffset end) => new(
        // A replica that was just started anew has two lives within the silence that is allowed.
        lives?.Where(life => life.IsAliveAt(end)).DistinctBy(life => (life.AppId, life.Replica))
            .GroupBy(life => life.AppId).OrderBy(app => app.Key, StringComparer.Ordinal)
            .Select(app => new AliveReplicas(app.Key, app.Count())).ToList(),
        lives?.Count(life => life.Joined),
        lives?.Count(life => life.LeftBetween(from, end)),
        total[Counter.Events], total[Counter.Ignored], total[Counter.DocumentsReady], total[Counter.DocumentsFailed]);

    private static AgentSummary Agent(Cell total, TimeSpan passed)
    {
        var failed = total[Counter.TurnsFailed];
        var turns = total[Counter.TurnsCompleted] + failed;
        return new AgentSummary(
            turns, failed, passed > TimeSpan.Zero ? turns / passed.TotalSeconds : null, Percentiles(total[Distribution.Turn]),
            Percentiles(total[Distribution.FirstToken]), Share(failed, turns));
    }

    private static ModelSummary Model(Tally tally)
    {
        var ranked = tally.Cells.Where(cell => cell.Key.Dimension == Dimension.Model).Select(cell => (Model: cell.Key.Value, Cell: cell.Value))
            .OrderByDescending(model => model.Model == StoredTally.Other ? -1 : model.Cell[Counter.Calls]).ThenBy(model => model.Model, StringComparer.Ordinal).ToList();
        var shown = ranked.Take(ranked.Count > MaxModels + 1 ? MaxModels : ranked.Count).Select(model => OneModel(model.Model, model.Cell)).ToList();
        if (shown.Count < ranked.Count)
        {
            var other = new Cell();
            foreach (var (_, cell) in ranked.Skip(shown.Count))
                other.Merge(cell);
            shown.Add(OneModel(StoredTally.Other, other));
        }
        var all = tally.Total;
        return new ModelSummary(
            all[Counter.Calls], all[Counter.CallErrors], all[Counter.TokensIn], all[Counter.TokensOut], all[Counter.TokensCached], all[Counter.CostMicros],
            Each(all[Counter.CostMicros], all[Counter.Calls]), all[Counter.CallsRateLimited], shown);
    }

    private static OneModelSummary OneModel(string model, Cell cell) => new(
        model, cell[Counter.Calls], cell[Counter.CallErrors], cell[Counter.TokensIn], cell[Counter.TokensOut], cell[Counter.TokensCached],
        cell[Counter.CostMicros], Each(cell[Counter.CostMicros], cell[Counter.Calls]), cell[Counter.CallsRateLimited]);

    private static QualitySummary Quality(Cell total)
    {
        var (completed, failed) = (total[Counter.TurnsCompleted], total[Counter.TurnsFailed]);
        var (up, down) = (total[Counter.RatedUp], total[Counter.RatedDown]);
        return new QualitySummary(
            Share(completed, completed + failed), up, down, Share(up, up + down), total[Counter.GuardrailsTriggered],
            Share(total[Counter.GroundednessMicros], total[Counter.AnswersScored] * 1_000_000));
    }

    private static BusinessSummary Business(Cell total)
    {
        var (ended, escalated, cost) = (total[Counter.SessionsEnded], total[Counter.SessionsEscalated], total[Counter.CostMicros]);
        return new BusinessSummary(
            total[Counter.SessionsStarted], ended, total[Counter.SessionsResolved], escalated, total[Counter.EscalationsOpened],
            total[Counter.EscalationsResolved], Share(ended - escalated, ended), cost, Each(cost, total[Counter.SessionsStarted]),
            Each(cost, total[Counter.SessionsResolved]));
    }

    private static Percentiles? Percentiles(Sketch? sketch) =>
        sketch?.Quantile(0.5) is { } p50 && sketch.Quantile(0.95) is { } p95 && sketch.Quantile(0.99) is { } p99
            ? new Percentiles((int)Math.Round(p50), (int)Math.Round(p95), (int)Math.Round(p99))
            : null;

    private static double? Share(long part, long whole) => whole > 0 ? (double)part / whole : null;

    private static long? Each(long micros, long count) => count > 0 ? (long)Math.Round((decimal)micros / count) : null;
}
