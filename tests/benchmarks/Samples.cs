using System.Diagnostics;

namespace Agents.Benchmarks;

/// <summary>Durations that several clients take, and what they come to.</summary>
internal sealed class Samples
{
    private readonly Lock _gate = new();
    private readonly List<long> _ticks = [];

    public int Count
    {
        get
        {
            lock (_gate)
                return _ticks.Count;
        }
    }

    /// <param name="since">A timestamp of <see cref="Stopwatch"/>.</param>
    public void Add(long since)
    {
        var now = Stopwatch.GetTimestamp();
        lock (_gate)
            _ticks.Add(now - since);
    }

    public double Milliseconds(double quantile)
    {
        lock (_gate)
        {
            _ticks.Sort();
            return _ticks.Count == 0 ? 0 : _ticks[(int)Math.Min(_ticks.Count - 1, _ticks.Count * quantile)] * 1_000d / Stopwatch.Frequency;
        }
    }
}
