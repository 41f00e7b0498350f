namespace Agents.LocalRuntime.Workflows;

/// <summary>
/// Wakes the engine when the next event is due. The order of all that is to come lies in the database; in memory there is one timer, set to
/// the earliest.
/// </summary>
internal sealed partial class TimerSchedule : IAsyncDisposable
{
    /// <summary>The longest time a timer of the platform takes is 49 days; waking up for nothing once a day costs nothing.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly Func<Task<DateTimeOffset?>> _deliver;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private DateTimeOffset? _next;
    private Task _delivering = Task.CompletedTask;
    private bool _isDelivering;
    private bool _stopped;

    /// <param name="time">The clock.</param>
    /// <param name="deliver">Delivers what is due and says when there is more.</param>
    /// <param name="log">Told about failures, after which it is tried again.</param>
    public TimerSchedule(TimeProvider time, Func<Task<DateTimeOffset?>> deliver, ILogger log)
    {
        (_time, _deliver, _log) = (time, deliver, log);
        _timer = time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something is due then.</summary>
    public void Arm(DateTimeOffset due)
    {
        lock (_lock)
        {
            if (_stopped || due >= _next) return;
            _next = due;
            if (!_isDelivering) Set(due);
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock) _stopped = true;
        await _timer.DisposeAsync();
        await _delivering;
    }

    private void Wake()
    {
        lock (_lock)
        {
            if (_stopped || _isDelivering || _next is not { } next) return;
            if (next > _time.GetUtcNow())
            {
                Set(next);
                return;
            }

            (_isDelivering, _next) = (true, null);
            _delivering = Task.Run(DeliverAsync);
        }
    }

    private async Task DeliverAsync()
    {
        DateTimeOffset? next;
        try
        {
            next = await _deliver();
        }
        catch (Sqlite.SqliteException error)
        {
            LogFailure(_log, error);
            next = _time.GetUtcNow() + AfterFailure;
        }

        lock (_lock)
        {
            _isDelivering = false;
            if (next < _next || _next is null) _next = next;
            if (!_stopped && _next is { } due) Set(due);
        }
    }

    private void Set(DateTimeOffset due)
    {
        // Rounded up: a timer that is early would only be set again.
        var wait = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, (due - _time.GetUtcNow()).TotalMilliseconds)));
        _timer.Change(wait < Longest ? wait : Longest, Timeout.InfiniteTimeSpan);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Timers of workflows could not be delivered; they are tried again")]
    private static partial void LogFailure(ILogger logger, Exception error);
}
