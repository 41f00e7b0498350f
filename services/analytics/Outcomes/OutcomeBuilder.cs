using Agents.Analytics.Figures;
using Agents.Analytics.Series;

namespace Agents.Analytics.Outcomes;

/// <summary>Joins the ends of sessions with what they cost: nothing but arithmetic.</summary>
internal static class OutcomeBuilder
{
    private const int MaxRows = 100;

    public static OutcomeReport Build(TimeRange range, Tally tally, bool complete, DateTimeOffset now)
    {
        var sessions = Sessions(tally);
        return new OutcomeReport(
            range.From, range.To, Excerpt.IsProvisional(complete, range, now),
            Row(null, null, [.. sessions.Select(session => (session, session.Calls, session.CostMicros))]),
            Rows(sessions.GroupBy(session => session.Version).Select(version => Row(
                version.Key, null, [.. version.Select(session => (session, session.Calls, session.CostMicros))]))),
            Rows(sessions.SelectMany(session => session.Models.Select(model => (Session: session, Model: model)))
                .GroupBy(part => (part.Session.Version, part.Model.Model))
                .Select(pair => Row(pair.Key.Version, pair.Key.Model, [.. pair.Select(part => (part.Session, part.Model.Calls, part.Model.CostMicros))]))));
    }

    /// <summary>The sessions that ended, the latest first.</summary>
    public static IReadOnlyList<SessionOutcome> Sessions(Tally tally)
    {
        var ends = tally.Cases.Where(part => part.Value is { Outcome: not null, EndedAt: not null }).DistinctBy(part => part.Key.Session).ToDictionary(part => part.Key.Session);
        var costs = tally.Cases.Where(part => part.Key.Model.Length > 0 && ends.ContainsKey(part.Key.Session)).ToLookup(part => part.Key.Session);
        return
        [
            .. ends.Values.Select(end =>
            {
                var models = costs[end.Key.Session].GroupBy(part => part.Key.Model).OrderBy(model => model.Key, StringComparer.Ordinal)
                    .Select(model => new ModelCost(model.Key, model.Sum(part => part.Value.Calls), model.Sum(part => part.Value.CostMicros))).ToList();
                return new SessionOutcome(
                    end.Key.Session, end.Value.Outcome!, end.Key.Version, end.Value.EndedAt!.Value, models.Sum(model => model.Calls),
                    models.Sum(model => model.CostMicros), models);
            }).OrderByDescending(session => session.EndedAt).ThenBy(session => session.Session, StringComparer.Ordinal),
        ];
    }

    private static List<OutcomeRow> Rows(IEnumerable<OutcomeRow> rows) =>
        [.. rows.OrderByDescending(row => row.CostMicros).ThenBy(row => row.Version, StringComparer.Ordinal).ThenBy(row => row.Model, StringComparer.Ordinal).Take(MaxRows)];

    private static OutcomeRow Row(string? version, string? model, IReadOnlyList<(SessionOutcome Session, long Calls, long CostMicros)> parts)
    {
        var (resolved, cost) = (parts.Count(part => part.Session.Outcome == "resolved"), parts.Sum(part => part.CostMicros));
        return new OutcomeRow(
            version, model, parts.Count, resolved, parts.Count(part => part.Session.Outcome == "escalated"), parts.Count(part => part.Session.Outcome == "abandoned"),
            parts.Sum(part => part.Calls), cost, parts.Where(part => part.Session.Outcome == "resolved").Sum(part => part.CostMicros),
            resolved > 0 ? (long)Math.Round((decimal)cost / resolved) : null);
    }
}
