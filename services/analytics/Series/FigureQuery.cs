using System.Globalization;
using Agents.Analytics.Figures;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Microsoft.AspNetCore.Mvc;

namespace Agents.Analytics.Series;

/// <summary>What figures are asked for.</summary>
/// <param name="Figures">Names of figures, up to 20, with commas between; see <c>/v1/analytics/figures/names</c>.</param>
/// <param name="From">Start, RFC 3339, rounded down to a step; default 24 hours before <c>to</c>.</param>
/// <param name="To">End, RFC 3339, rounded up to a step; default now.</param>
/// <param name="Step"><c>minute</c> (for up to a day), <c>hour</c> (the default, up to 62 days) or <c>day</c> (up to 400 days).</param>
/// <param name="GroupBy"><c>agent</c>, <c>version</c>, <c>model</c>, <c>lane</c> or <c>user</c>; default none.</param>
/// <param name="Limit">How many values of <c>group_by</c> are shown, the busiest first; 1 to 50, default 10.</param>
/// <param name="Format"><c>json</c> (the default) or <c>csv</c>.</param>
public readonly record struct FigureParameters(
    [FromQuery(Name = "figures")] string? Figures,
    [FromQuery(Name = "from")] string? From,
    [FromQuery(Name = "to")] string? To,
    [FromQuery(Name = "step")] string? Step,
    [FromQuery(Name = "group_by")] string? GroupBy,
    [FromQuery(Name = "limit")] string? Limit,
    [FromQuery(Name = "format")] string? Format);

/// <summary>The same, read and found good.</summary>
internal sealed record FigureQuery(IReadOnlyList<Figure> Figures, IReadOnlyList<TimeRange> Steps, Grain Step, Dimension GroupBy, int Limit)
{
    private const int MaxFigures = 20;
    private const int MaxSteps = 1_500;
    private const int MaxLimit = 50;
    private const int MaxPoints = 100_000;

    public static (FigureQuery? Query, Problem? Refusal) Read(FigureParameters parameters, DateTimeOffset now)
    {
        if (ReadFigures(parameters.Figures) is not { } figures)
            return (null, Problem.Invalid("figures", $"figures must be 1 to {MaxFigures} names of /v1/analytics/figures/names, with commas between."));
        if (Checks.Choice<Grain>("step", parameters.Step, out var step) is { } noStep)
            return (null, noStep);
        if (ReadGroup("group_by", parameters.GroupBy, out var groupBy) is { } noGroup)
            return (null, noGroup);
        var limit = 10;
        if (parameters.Limit is { } text && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
            return (null, Problem.Invalid("limit", $"limit must be 1 to {MaxLimit}."));
        if (parameters.Format is not (null or "json" or "csv"))
            return (null, Problem.Invalid("format", "format must be json or csv."));
        var longest = step switch { Grain.Minute => TimeSpan.FromDays(1), Grain.Day => TimeSpan.FromDays(400), _ => TimeSpan.FromDays(62) };
        var (range, refusal) = TimeRange.Read(parameters.From, parameters.To, longest, now);
        if (range is null)
            return (null, refusal);
        var steps = Split(range, step ?? Grain.Hour).Take(MaxSteps + 1).ToList();
        if (steps.Count > MaxSteps)
            return (null, Problem.Invalid("from", $"There would be more than {MaxSteps} steps; ask for a shorter range or longer steps."));
        return (long)steps.Count * figures.Count * (groupBy == Dimension.Total ? 1 : limit + 1) > MaxPoints
            ? (null, Problem.Invalid("limit", $"There would be more than {MaxPoints} points; ask for fewer figures, values or steps."))
            : (new FigureQuery(figures, steps, step ?? Grain.Hour, groupBy, limit), null);
    }

    /// <summary>Reads what figures are told apart by; <see cref="Dimension.Total"/> when nothing is asked for.</summary>
    public static Problem? ReadGroup(string field, string? text, out Dimension groupBy)
    {
        var refusal = Checks.Choice<Dimension>(field, text, out var chosen);
        groupBy = chosen ?? Dimension.Total;
        return refusal is not null || chosen == Dimension.Total ? Problem.Invalid(field, $"{field} must be agent, version, model, lane or user.") : null;
    }

    private static List<Figure>? ReadFigures(string? names)
    {
        var asked = names?.Split(',', StringSplitOptions.TrimEntries).Distinct().ToList() ?? [];
        var figures = asked.Select(Figure.Find).OfType<Figure>().ToList();
        return figures.Count == asked.Count && figures.Count is >= 1 and <= MaxFigures ? figures : null;
    }

    private static IEnumerable<TimeRange> Split(TimeRange range, Grain step)
    {
        for (var block = Block.At(step, range.From); block.Start < range.To; block = block with { Number = block.Number + 1 })
            yield return new TimeRange(block.Start, block.End);
    }
}
