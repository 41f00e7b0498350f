namespace Agents.LocalRuntime.Actors.Schedules;

/// <summary>Something to do at a time; dispose it to have it not done.</summary>
internal sealed class Alarm(DateTimeOffset due, Action ring) : IDisposable
{
    private Action? _ring = ring;

    public DateTimeOffset Due => due;

    public void Dispose() => _ring = null;

    /// <summary>Does it, once.</summary>
    public void Ring() => Interlocked.Exchange(ref _ring, null)?.Invoke();
}

/// <summary>
/// One ordered schedule for everything that waits for a time. It sleeps until the next alarm, and a minute at most, so that
/// a change of the system's clock is noticed.
/// </summary>
internal sealed class AlarmClock : IDisposable
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly PriorityQueue<Alarm, (DateTimeOffset Due, long Order)> _alarms = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _order;
    private DateTimeOffset _wakeUp = DateTimeOffset.MaxValue;

    public AlarmClock(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(_ => RingDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <param name="due">The past means now.</param>
    /// <param name="ring">Must be short; called on a thread of the pool, also for an alarm that is due already.</param>
    public Alarm Set(DateTimeOffset due, Action ring)
    {
        var alarm = new Alarm(due, ring);
        lock (_lock)
        {
            _alarms.Enqueue(alarm, (due, _order++));
            if (due < _wakeUp) Sleep(due);
        }

        return alarm;
    }

    public void Dispose() => _timer.Dispose();

    private void RingDue()
    {
        var due = new List<Alarm>();
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            while (_alarms.TryPeek(out var alarm, out _) && alarm.Due <= now) due.Add(_alarms.Dequeue());
            _wakeUp = DateTimeOffset.MaxValue;
            if (_alarms.TryPeek(out var next, out _)) Sleep(next.Due);
        }

        foreach (var alarm in due) alarm.Ring();
    }

    private void Sleep(DateTimeOffset until)
    {
        _wakeUp = until;
        var wait = until - _time.GetUtcNow();

        // A timer counts whole milliseconds; one more keeps it from waking just before the time.
        wait = wait <= TimeSpan.Zero ? TimeSpan.Zero : wait < LongestSleep ? wait + TimeSpan.FromMilliseconds(1) : LongestSleep;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
