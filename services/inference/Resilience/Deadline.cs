namespace Agents.Inference.Resilience;

/// <summary>
/// Cancels when the caller goes, when the whole call takes too long, or when its current step does. One timer serves all of it: a
/// step that ends in time only moves a mark, and the timer looks at the mark when it fires.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private readonly TimeProvider _time;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenRegistration _registration;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly long _end;
    private long _mark;
    private long _fires;
    private bool _timedOut;
    private bool _disposed;

    public Deadline(TimeSpan total, TimeProvider time, CancellationToken caller)
    {
        (_time, _caller) = (time, caller);
        _mark = _end = _fires = time.GetTimestamp() + Ticks(total);
        _timer = time.CreateTimer(static self => ((Deadline)self!).Fire(), this, total, Timeout.InfiniteTimeSpan);
        _registration = caller.UnsafeRegister(static self => ((Deadline)self!)._source.Cancel(), this);
    }

    public CancellationToken Token => _source.Token;

    public bool CallerGone => _caller.IsCancellationRequested;

    public bool TimedOut => Volatile.Read(ref _timedOut);

    public TimeSpan Left => _time.GetElapsedTime(_time.GetTimestamp(), _end);

    /// <summary>The next step must end within <paramref name="step"/>.</summary>
    public void Expect(TimeSpan step)
    {
        var mark = Math.Min(_end, _time.GetTimestamp() + Ticks(step));
        Volatile.Write(ref _mark, mark);
        if (mark >= Volatile.Read(ref _fires))
            return;
        lock (_gate)
            Arm(mark);
    }

    /// <summary>The step has ended; only the caller and the whole call count.</summary>
    public void Rest() => Volatile.Write(ref _mark, _end);

    public void Dispose()
    {
        lock (_gate)
            _disposed = true;
        _registration.Dispose();
        _timer.Dispose();
        _source.Dispose();
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);

    private void Arm(long mark)
    {
        _fires = mark;
        var wait = _time.GetElapsedTime(_time.GetTimestamp(), mark);
        // Timers round down to milliseconds; one too early would look and go back to sleep.
        _timer.Change(wait > TimeSpan.Zero ? wait + TimeSpan.FromMilliseconds(1) : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void Fire()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            var mark = Volatile.Read(ref _mark);
            if (_time.GetTimestamp() < mark)
            {
                Arm(mark);
                return;
            }
            Volatile.Write(ref _timedOut, true);
        }
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call ended in this very moment.
        }
    }
}
