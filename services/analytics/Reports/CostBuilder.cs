using System.Globalization;
using Agents.Analytics.Figures;
using Agents.Analytics.Series;

namespace Agents.Analytics.Reports;

/// <summary>From the tallies of days to a report: nothing but arithmetic.</summary>
internal static class CostBuilder
{
    private const int MaxValues = 50;
    private const int DaysOfForecast = 7;

    /// <summary>What a report is made of: days of two months, the last one as far as it has passed.</summary>
    public static IReadOnlyList<TimeRange> Days(DateOnly month) =>
        [.. EachDay(month.AddMonths(-1)).Concat(EachDay(month)).Select(day => new TimeRange(Start(day), Start(day.AddDays(1))))];

    /// <summary>The part of the month before that compares with what has passed of this one, but for whole days.</summary>
    public static TimeRange? PartOfDay(DateOnly month, DateTimeOffset now)
    {
        if (Passed(month, now) is not { } passed)
            return null;
        var at = Start(month.AddMonths(-1)) + passed;
        at = at.AddTicks(-(at.UtcTicks % TimeSpan.TicksPerMinute));
        var day = Start(DateOnly.FromDateTime(at.UtcDateTime));
        return at > day && at < Start(month) ? new TimeRange(day, at) : null;
    }

    /// <param name="days">Those of <see cref="Days"/>.</param>
    /// <param name="part">That of <see cref="PartOfDay"/>.</param>
    public static CostReport Build(DateOnly month, Steps days, Tally part, DateTimeOffset now)
    {
        var first = Start(month);
        var until = Passed(month, now) is { } passed ? Start(month.AddMonths(-1)) + passed : first;
        var (current, before) = (Sum(days, range => range.From >= first), Sum(days, range => range.To <= first));
        var previous = Sum(days, range => range.To <= until && range.To <= first);
        previous.Merge(part);
        var (cost, compared) = (current.Total[Counter.CostMicros], previous.Total[Counter.CostMicros]);
        var resolved = current.Total[Counter.SessionsResolved];
        return new CostReport(
            month.ToString("yyyy-MM", CultureInfo.InvariantCulture), days.IsProvisional(new TimeRange(first, Start(month.AddMonths(1))), now), cost, compared,
            before.Total[Counter.CostMicros], compared > 0 ? (double)(cost - compared) / compared : null, Forecast(month, days, cost, now),
            current.Total[Counter.Calls], current.Total[Counter.TokensIn], current.Total[Counter.TokensOut], resolved,
            resolved > 0 ? (long)Math.Round((decimal)cost / resolved) : null,
            [
                .. days.Tallies.Where(day => day.Range.From >= first && day.Range.From < now).Select(day => new CostDay(
                    DateOnly.FromDateTime(day.Range.From.UtcDateTime), day.Tally.Total[Counter.CostMicros], day.Tally.Total[Counter.Calls])),
            ],
            Shares(Dimension.Agent, current, previous), Shares(Dimension.Model, current, previous), Shares(Dimension.User, current, previous));
    }

    private static long? Forecast(DateOnly month, Steps days, long cost, DateTimeOffset now)
    {
        if (Passed(month, now) is not { } passed)
            return null;
        var whole = days.Tallies.Where(day => day.Range.To <= now).TakeLast(DaysOfForecast).ToList();
        if (whole.Count == 0)
            return null;
        var perDay = whole.Sum(day => day.Tally.Total[Counter.CostMicros]) / (decimal)whole.Count;
        // Today costs what it has cost, and the rest of an average day.
        var left = (decimal)(Start(month.AddMonths(1)) - Start(month) - passed).TotalDays;
        return cost + (long)Math.Round(perDay * left);
    }

    private static List<CostShare> Shares(Dimension dimension, Tally current, Tally previous)
    {
        var cost = current.Total[Counter.CostMicros];
        var ranked = current.Cells.Where(cell => cell.Key.Dimension == dimension && cell.Value[Counter.Calls] > 0)
            .OrderByDescending(cell => cell.Key.Value == StoredTally.Other ? -1 : cell.Value[Counter.CostMicros])
            .ThenBy(cell => cell.Key.Value, StringComparer.Ordinal).Select(cell => cell.Key.Value).ToList();
        var shown = ranked.Take(MaxValues).Where(value => value != StoredTally.Other).ToList();
        var shares = shown.Select(value => Share(value, [value])).ToList();
        if (shown.Count < ranked.Count)
            shares.Add(Share(StoredTally.Other, ranked.Skip(shown.Count)));
        return shares;

        CostShare Share(string name, IEnumerable<string> values)
        {
            var (now, then) = (new Cell(), new Cell());
            foreach (var value in values)
            {
                now.Merge(current.Of(dimension, value));
                then.Merge(previous.Of(dimension, value));
            }
            return new CostShare(
                name, now[Counter.CostMicros], then[Counter.CostMicros], cost > 0 ? (double)now[Counter.CostMicros] / cost : null, now[Counter.Calls],
                now[Counter.TokensIn], now[Counter.TokensOut]);
        }
    }

    private static Tally Sum(Steps days, Func<TimeRange, bool> those)
    {
        var sum = new Tally();
        foreach (var (range, tally) in days.Tallies)
        {
            if (those(range))
                sum.Merge(tally);
        }
        return sum;
    }

    /// <summary>How much of the month has passed; null when it is over. Nothing of one that is to come.</summary>
    private static TimeSpan? Passed(DateOnly month, DateTimeOffset now) =>
        now >= Start(month.AddMonths(1)) ? null : now <= Start(month) ? TimeSpan.Zero : now - Start(month);

    private static IEnumerable<DateOnly> EachDay(DateOnly month)
    {
        for (var day = month; day.Month == month.Month; day = day.AddDays(1))
            yield return day;
    }

    private static DateTimeOffset Start(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
}
