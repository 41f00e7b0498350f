namespace Agents.Analytics.Figures;

/// <summary>
/// What a set of facts adds up to: sums and sketches, so that neither the order of facts matters nor how they were split before merging.
/// </summary>
/// <param name="quantiles">Whether durations are kept; they take most of the space.</param>
internal sealed class Cell(bool quantiles = true)
{
    private readonly long[] _counters = new long[(int)Counter.Count];
    private readonly Sketch?[] _sketches = new Sketch?[(int)Distribution.Count];

    public long this[Counter counter] => _counters[(int)counter];

    /// <summary>Null when nothing of the kind was measured.</summary>
    public Sketch? this[Distribution distribution] => _sketches[(int)distribution];

    public void Add(Counter counter, long by = 1) => _counters[(int)counter] += by;

    public void Add(Distribution distribution, int milliseconds)
    {
        if (quantiles)
            Of(distribution).Add(milliseconds);
    }

    /// <summary>The sketch, which is there from now on.</summary>
    public Sketch Of(Distribution distribution) => _sketches[(int)distribution] ??= new Sketch();

    public void Merge(Cell other)
    {
        for (var i = 0; i < _counters.Length; i++)
            _counters[i] += other._counters[i];
        for (var i = 0; i < _sketches.Length; i++)
        {
            if (other._sketches[i] is { } sketch)
                Of((Distribution)i).Merge(sketch);
        }
    }
}
