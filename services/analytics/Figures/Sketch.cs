namespace Agents.Analytics.Figures;

/// <summary>
/// Quantiles of durations in little space: DDSketch (C. Masson, J. E. Rim, H. K. Lee, PVLDB 12(12), 2019). Values are counted in
/// buckets whose bounds grow by a constant factor, so that an estimate is at most <see cref="RelativeError"/> off whatever the values,
/// and merging sketches is adding counts. An <see cref="int"/> of milliseconds needs at most 1,076 buckets, so none is ever collapsed.
/// </summary>
internal sealed class Sketch
{
    /// <summary>An estimate lies within this share of a value that holds the quantile's rank.</summary>
    public const double RelativeError = 0.01;

    /// <summary>The bucket of zero, below all others.</summary>
    public const int Zero = -1;

    private const double Gamma = (1 + RelativeError) / (1 - RelativeError);
    private static readonly double LogGamma = Math.Log(Gamma);

    private readonly SortedDictionary<int, long> _buckets = [];

    /// <summary>How many values were counted.</summary>
    public long Count { get; private set; }

    /// <summary>Counts by bucket, in order.</summary>
    public IReadOnlyDictionary<int, long> Buckets => _buckets;

    /// <summary>Counts a value; what is below zero counts as zero.</summary>
    public void Add(int value) => Add(value <= 0 ? Zero : (int)Math.Ceiling(Math.Log(value) / LogGamma), 1);

    public void Add(int bucket, long count)
    {
        _buckets[bucket] = _buckets.GetValueOrDefault(bucket) + count;
        Count += count;
    }

    public void Merge(Sketch other)
    {
        foreach (var (bucket, count) in other._buckets)
            Add(bucket, count);
    }

    /// <summary>The value below which the share <paramref name="q"/> (0 to 1) of the values lies; null when there are none.</summary>
    public double? Quantile(double q)
    {
        var rank = q * (Count - 1);
        long below = 0;
        foreach (var (bucket, count) in _buckets)
        {
            below += count;
            if (below > rank)
                return bucket == Zero ? 0 : 2 * Math.Pow(Gamma, bucket) / (Gamma + 1);
        }
        return null;
    }
}
