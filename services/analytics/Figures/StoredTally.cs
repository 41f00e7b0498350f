using System.Text.Json;

namespace Agents.Analytics.Figures;

/// <summary>
/// A tally as it is stored. However many values a dimension has, as many are told apart as fit in <see cref="MaxLength"/>, the busiest
/// first; the others are added up under <see cref="Other"/>, so that the values of a dimension always make the same sum.
/// </summary>
/// <param name="Cells">By dimension and value, see <see cref="CellFormat"/>.</param>
/// <param name="Lives">Of replicas, the latest <see cref="MaxLives"/>.</param>
internal sealed record StoredTally(IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Cells, IReadOnlyDictionary<string, Lifespan>? Lives)
{
    public const string Other = "(other)";

    // A state value has at most 256 KB.
    private const int MaxLength = 160_000;
    private const int MaxValues = 256;
    private const int MaxLives = 200;

    public static StoredTally Of(Tally tally, IReadOnlyCollection<Dimension> dimensions)
    {
        var lives = tally.Lives.Count == 0 || !dimensions.Contains(Dimension.Total)
            ? null
            : tally.Lives.OrderByDescending(life => life.Value.Last).ThenBy(life => life.Key, StringComparer.Ordinal).Take(MaxLives).ToDictionary();
        for (var most = MaxValues; ; most /= 2)
        {
            var cells = dimensions.Select(dimension => (Name: Name(dimension), Cells: Busiest(tally, dimension, most)))
                .Where(dimension => dimension.Cells.Count > 0).ToDictionary(dimension => dimension.Name, IReadOnlyDictionary<string, string> (dimension) => dimension.Cells);
            if (most == 1 || cells.Values.Sum(values => values.Sum(value => value.Key.Length + value.Value.Length)) <= MaxLength)
                return new StoredTally(cells, lives);
        }
    }

    /// <summary>Adds what is stored to a tally.</summary>
    /// <param name="dimensions">Only these.</param>
    public void AddTo(Tally tally, IReadOnlyCollection<Dimension> dimensions)
    {
        foreach (var dimension in dimensions)
        {
            foreach (var (value, cell) in Cells.GetValueOrDefault(Name(dimension)) ?? new Dictionary<string, string>())
                CellFormat.Read(cell, tally.Of(dimension, value));
        }
        foreach (var (life, span) in Lives ?? new Dictionary<string, Lifespan>())
            tally.Add(life, span);
    }

    public static string Name(Dimension dimension) => JsonNamingPolicy.SnakeCaseLower.ConvertName(dimension.ToString());

    private static Dictionary<string, string> Busiest(Tally tally, Dimension dimension, int most)
    {
        var cells = tally.Cells.Where(cell => cell.Key.Dimension == dimension).Select(cell => (cell.Key.Value, Cell: cell.Value)).ToList();
        if (cells.Count <= most)
            return cells.ToDictionary(cell => cell.Value, cell => CellFormat.Write(cell.Cell));
        var ranked = cells.OrderByDescending(cell => cell.Value == Other ? -1 : cell.Cell[Counter.Events]).ThenBy(cell => cell.Value, StringComparer.Ordinal).ToList();
        var other = new Cell(quantiles: dimension != Dimension.User);
        foreach (var (_, cell) in ranked.Skip(most - 1))
            other.Merge(cell);
        return ranked.Take(most - 1).Append((Value: Other, Cell: other)).ToDictionary(cell => cell.Value, cell => CellFormat.Write(cell.Cell));
    }
}
