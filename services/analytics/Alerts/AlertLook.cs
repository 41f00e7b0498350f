using Agents.Analytics.Figures;
using Agents.Analytics.Series;
using Agents.Analytics.Users;

namespace Agents.Analytics.Alerts;

/// <summary>Whether conditions hold, by the figures of now.</summary>
internal sealed class AlertLook(FigureReader reader, Pseudonyms users)
{
    private const int ShortWindow = 12;

    /// <returns>Whether the rule's condition holds, null when there is no telling; and the figure.</returns>
    public async Task<(bool? Holds, decimal? Measured)> LookAsync(string tenant, AlertRule rule, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var window = await MeasureAsync(tenant, rule, rule.Minutes, 0, now, cancellationToken);
        switch (rule.Condition)
        {
            case AlertCondition.Absence:
                return (window is null or 0, window);
            case AlertCondition.Threshold:
                return (Beyond(rule, window, rule.Value), window);
            case AlertCondition.BurnRate:
                var limit = rule.Value * (1 - (rule.Objective ?? 0));
                if (window is null || window <= limit)
                    return (false, window);
                var recent = await MeasureAsync(tenant, rule, Math.Max(1, rule.Minutes / ShortWindow), 0, now, cancellationToken);
                return (recent > limit, window);
            default:
                var before = await MeasureAsync(tenant, rule, rule.Minutes, rule.Minutes, now, cancellationToken);
                return before is null or 0 ? (null, window) : (Beyond(rule, (window ?? 0) / before - 1, rule.Side == AlertSide.Above ? rule.Value : -rule.Value), window);
        }
    }

    private static bool Beyond(AlertRule rule, decimal? measured, decimal value) => rule.Side == AlertSide.Above ? measured > value : measured < value;

    private async Task<decimal?> MeasureAsync(string tenant, AlertRule rule, int minutes, int ago, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (Figure.Find(rule.Figure) is not { } figure || FigureQuery.ReadGroup("group_by", rule.GroupBy, out var dimension) is not null)
            return null;
        var end = Block.At(Grain.Minute, now).End.AddMinutes(-ago);
        var range = new TimeRange(end.AddMinutes(-minutes), end);
        var tally = (await reader.ReadAsync(tenant, range, Dimensions.TotalAnd(dimension), cancellationToken)).Tally;
        var of = rule.Of is { } user && dimension == Dimension.User ? await users.FindAsync(tenant, user, cancellationToken) : rule.Of;
        var cell = dimension == Dimension.Total ? tally.Total : tally.Of(dimension, of ?? "");
        return figure.Of(new Measured(cell, tally.Total, [.. tally.Lives.Values], range, end < now ? end : now));
    }
}
