namespace Agents.Analytics.Series;

/// <summary>Figures over a range of time, step by step.</summary>
/// <param name="From">Start of the first step, UTC.</param>
/// <param name="To">End of the last one, not part of it.</param>
/// <param name="Step"><c>minute</c>, <c>hour</c> or <c>day</c>, UTC.</param>
/// <param name="GroupBy">What the series are told apart by, if anything.</param>
/// <param name="Provisional">The range is so recent that facts may still arrive, or not all that arrived is counted yet.</param>
/// <param name="Steps">When each step begins.</param>
public sealed record FigureAnswer(
    DateTimeOffset From, DateTimeOffset To, string Step, string? GroupBy, bool Provisional, IReadOnlyList<DateTimeOffset> Steps, IReadOnlyList<FigureSeries> Series)
{
    /// <summary>The same, its values by other names where there are such.</summary>
    internal FigureAnswer With(IReadOnlyDictionary<string, string> names) =>
        this with { Series = [.. Series.Select(one => one with { Value = one.Value is { } value ? names.GetValueOrDefault(value, value) : null })] };
}

/// <summary>One figure.</summary>
/// <param name="Value">Of <c>group_by</c>: an agent, <c>agent@version</c>, a model, a lane or a user (one who was erased by a pseudonym); <c>(other)</c> is all that is not shown by itself.</param>
/// <param name="Unit"><c>count</c>, <c>share</c> (0 to 1), <c>ms</c>, <c>micros</c> (micro-units of the account's currency), <c>per_second</c> or <c>tokens</c>.</param>
/// <param name="Whole">Over the whole range; null when there is no data. Quantiles and shares are computed anew, not averaged.</param>
/// <param name="Points">By step; null where there is no data. Durations are at most 1 % off.</param>
public sealed record FigureSeries(string Figure, string? Value, string Unit, decimal? Whole, IReadOnlyList<decimal?> Points);

/// <summary>A figure that can be asked for.</summary>
/// <param name="Group"><c>infrastructure</c>, <c>agent</c>, <c>model</c>, <c>quality</c> or <c>business</c>.</param>
/// <param name="Unit">As in <see cref="FigureSeries"/>.</param>
public sealed record FigureDescription(string Name, string Group, string Unit);
