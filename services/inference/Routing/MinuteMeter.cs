namespace Agents.Inference.Routing;

/// <summary>Counts what was used in the current minute of this process.</summary>
internal sealed class MinuteMeter(TimeProvider time)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long _began = time.GetTimestamp();
    private long _used;

    /// <summary>Uses <paramref name="amount"/> if no more than <paramref name="limit"/> is used up; else says when the next minute begins.</summary>
    public bool TryUse(long amount, long limit, out TimeSpan wait)
    {
        lock (_gate)
        {
            var elapsed = Elapsed();
            wait = _used < limit ? TimeSpan.Zero : Minute - elapsed;
            if (_used >= limit)
                return false;
            _used += amount;
            return true;
        }
    }

    /// <summary>Notes what could not be known before.</summary>
    public void Use(long amount)
    {
        lock (_gate)
        {
            Elapsed();
            _used += amount;
        }
    }

    private TimeSpan Elapsed()
    {
        var elapsed = time.GetElapsedTime(_began);
        if (elapsed < Minute)
            return elapsed;
        _began = time.GetTimestamp();
        _used = 0;
        return TimeSpan.Zero;
    }
}
