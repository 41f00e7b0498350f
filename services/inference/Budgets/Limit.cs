using System.Globalization;

namespace Agents.Inference.Budgets;

/// <summary>What is counted.</summary>
internal enum Unit
{
    Micros,
    Requests,
    Tokens,
}

/// <summary>One counted limit of a budget. A budget of money has one for its period; rates have one for each minute.</summary>
/// <param name="hard">No more than this in one period; <see cref="long.MaxValue"/> when it is only watched.</param>
/// <param name="soft">Announced when reached.</param>
internal sealed class Limit(Budget budget, Unit unit, long hard, long? soft)
{
    private Meter? _current;

    public Budget Budget { get; } = budget;

    public Unit Unit { get; } = unit;

    public long Hard { get; } = hard;

    public long? Soft { get; } = soft;

    /// <summary>The limits that a budget consists of.</summary>
    public static IEnumerable<Limit> Of(Budget budget)
    {
        if (budget.LimitMicros is not null || budget.SoftLimitMicros is not null)
            yield return new Limit(budget, Unit.Micros, budget.LimitMicros ?? long.MaxValue, budget.SoftLimitMicros);
        if (budget.RequestsPerMinute is { } requests)
            yield return new Limit(budget, Unit.Requests, requests, null);
        if (budget.TokensPerMinute is { } tokens)
            yield return new Limit(budget, Unit.Tokens, tokens, null);
    }

    /// <summary>The meter of the period in which <paramref name="now"/> lies.</summary>
    public Meter At(DateTimeOffset now)
    {
        if (_current is { } known && now >= known.Begins && now < known.Ends)
            return known;
        var day = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var (begins, ends, name) = (Unit, Budget.Period) switch
        {
            (Unit.Micros, BudgetPeriod.Day) => (day, day.AddDays(1), "yyyy-MM-dd"),
            (Unit.Micros, _) => (day.AddDays(1 - day.Day), day.AddDays(1 - day.Day).AddMonths(1), "yyyy-MM"),
            _ => (day.AddMinutes(Math.Floor((now - day).TotalMinutes)), day.AddMinutes(Math.Floor((now - day).TotalMinutes) + 1), "yyyy-MM-dd'T'HH:mm"),
        };
        var unit = Unit switch { Unit.Micros => "micros", Unit.Requests => "requests", _ => "tokens" };
        var key = $"{Budget.Id}/{unit}/{begins.ToString(name, CultureInfo.InvariantCulture)}";
        return _current = new Meter(key, this, begins, ends);
    }
}

/// <summary>A limit within one period.</summary>
/// <param name="Key"><c>{budget}/{unit}/{period}</c>: names the meter in accounts and journals.</param>
internal sealed record Meter(string Key, Limit Limit, DateTimeOffset Begins, DateTimeOffset Ends)
{
    /// <summary>Whether the period of a meter ended so long ago that nobody asks for it: two minutes for rates, 40 days for money.</summary>
    public static bool IsLongOver(string key, DateTimeOffset now)
    {
        var parts = key.Split('/');
        var (format, kept) = parts[2].Length switch
        {
            7 => ("yyyy-MM", TimeSpan.FromDays(71)),
            10 => ("yyyy-MM-dd", TimeSpan.FromDays(41)),
            _ => ("yyyy-MM-dd'T'HH:mm", TimeSpan.FromMinutes(3)),
        };
        return now - DateTimeOffset.ParseExact(parts[2], format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) > kept;
    }
}
