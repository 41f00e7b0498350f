using Agents.Analytics.Figures;

namespace Agents.Analytics.Series;

/// <summary>From tallies to what is shown: nothing but arithmetic.</summary>
internal static class FigureBuilder
{
    /// <param name="replicas">The replicas of the installation are shown.</param>
    public static FigureAnswer Build(FigureQuery query, Steps steps, bool replicas, DateTimeOffset now)
    {
        var range = new TimeRange(query.Steps[0].From, query.Steps[^1].To);
        var whole = new Tally();
        foreach (var (_, tally) in steps.Tallies)
            whole.Merge(tally);
        IReadOnlyCollection<Lifespan> lives = replicas ? [.. whole.Lives.Values] : [];
        var series =
            from value in Values(query, whole, steps)
            from figure in query.Figures
            select new FigureSeries(
                figure.Name, value.Name, figure.Unit, Of(figure, value.Whole, whole, range),
                [.. steps.Tallies.Zip(value.Steps, (step, cell) => step.Range.From < now ? Of(figure, cell, step.Tally, step.Range) : null)]);
        return new FigureAnswer(
            range.From, range.To, query.Step.ToString().ToLowerInvariant(), query.GroupBy == Dimension.Total ? null : StoredTally.Name(query.GroupBy),
            steps.IsProvisional(range, now), [.. query.Steps.Select(step => step.From)], [.. series]);

        decimal? Of(Figure figure, Cell cell, Tally tally, TimeRange step) =>
            figure.Of(new Measured(cell, tally.Total, lives, step, step.To < now ? step.To : now));
    }

    private static IEnumerable<Value> Values(FigureQuery query, Tally whole, Steps steps)
    {
        if (query.GroupBy == Dimension.Total)
            return [new Value(null, whole.Total, [.. steps.Tallies.Select(step => step.Tally.Total)])];
        var shown = whole.Cells.Where(cell => cell.Key.Dimension == query.GroupBy && cell.Key.Value != StoredTally.Other)
            .OrderByDescending(cell => cell.Value[Counter.Events]).ThenBy(cell => cell.Key.Value, StringComparer.Ordinal)
            .Select(cell => cell.Key.Value).Take(query.Limit).ToList();
        var others = whole.Cells.Keys.Any(cell => cell.Dimension == query.GroupBy && !shown.Contains(cell.Value));
        var (cells, parts) = (Split(whole), steps.Tallies.Select(step => Split(step.Tally)).ToList());
        return shown.Concat(others ? [StoredTally.Other] : Array.Empty<string>())
            .Select(name => new Value(name, CellOf(cells, name), [.. parts.Select(part => CellOf(part, name))]));

        Dictionary<string, Cell> Split(Tally tally)
        {
            var split = new Dictionary<string, Cell>(StringComparer.Ordinal);
            foreach (var ((dimension, value), cell) in tally.Cells.Where(cell => cell.Key.Dimension == query.GroupBy))
            {
                var name = shown.Contains(value) ? value : StoredTally.Other;
                if (!split.TryGetValue(name, out var sum))
                    split[name] = sum = new Cell();
                sum.Merge(cell);
            }
            return split;
        }
    }

    private static Cell CellOf(Dictionary<string, Cell> cells, string name) => cells.GetValueOrDefault(name) ?? new Cell();

    /// <summary>What is shown by itself.</summary>
    private sealed record Value(string? Name, Cell Whole, IReadOnlyList<Cell> Steps);
}
