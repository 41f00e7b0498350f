using Agents.Contracts;

namespace Agents.Analytics.Figures;

/// <summary>
/// The figures of some facts, in total and by each dimension. Neither the order of facts matters nor how they were split before merging;
/// a fact must be added once, who adds sees to that by its id.
/// </summary>
internal sealed class Tally
{
    private readonly Dictionary<(Dimension Dimension, string Value), Cell> _cells = [];
    private readonly Dictionary<string, Lifespan> _lives = new(StringComparer.Ordinal);
    private readonly Dictionary<CaseKey, Case> _cases = [];

    public Cell Total => Of(Dimension.Total, "");

    public IReadOnlyDictionary<(Dimension Dimension, string Value), Cell> Cells => _cells;

    /// <summary>Lives of replicas, by replica and epoch.</summary>
    public IReadOnlyDictionary<string, Lifespan> Lives => _lives;

    /// <summary>What became of sessions, and what they cost.</summary>
    public IReadOnlyDictionary<CaseKey, Case> Cases => _cases;

    /// <summary>The cell of a value, which is there from now on.</summary>
    public Cell Of(Dimension dimension, string value)
    {
        if (!_cells.TryGetValue((dimension, value), out var cell))
            _cells[(dimension, value)] = cell = new Cell(quantiles: dimension != Dimension.User);
        return cell;
    }

    /// <param name="fact">Null for an event that is not understood.</param>
    public void Add(IEvent? fact)
    {
        if (fact is null)
        {
            Total.Add(Counter.Events);
            Total.Add(Counter.Ignored);
            return;
        }
        Measures.Count(fact, Total);
        foreach (var (dimension, value) in Dimensions.Of(fact))
            Measures.Count(fact, Of(dimension, value));
        if (fact is ReplicaHeartbeat beat)
        {
            Add($"{beat.Replica}/{beat.Epoch}", Lifespan.Of(beat));
            foreach (var (lane, waiting) in beat.Queues ?? new Dictionary<string, int>())
                Measures.Queue(waiting, Of(Dimension.Lane, lane));
        }
        if (Case.Of(fact) is { } part)
            Add(part.Key, part.Part);
    }

    /// <summary>Takes a rating back that another one of the same turn replaces; it stays an event.</summary>
    public void Withdraw(FeedbackGiven rating)
    {
        Measures.Rate(rating, Total, -1);
        foreach (var (dimension, value) in Dimensions.Of(rating))
            Measures.Rate(rating, Of(dimension, value), -1);
    }

    public void Add(string life, Lifespan span) => _lives[life] = _lives.TryGetValue(life, out var known) ? known.With(span) : span;

    public void Add(CaseKey key, Case part) => _cases[key] = _cases.TryGetValue(key, out var known) ? known.Plus(part) : part;

    public void Merge(Tally other)
    {
        foreach (var ((dimension, value), cell) in other._cells)
            Of(dimension, value).Merge(cell);
        foreach (var (life, span) in other._lives)
            Add(life, span);
        foreach (var (key, part) in other._cases)
            Add(key, part);
    }
}
