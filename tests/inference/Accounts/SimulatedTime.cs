namespace Agents.Inference.Tests.Accounts;

/// <summary>
/// Virtual time and one queue of steps: whatever waits, waits for a step, and the seed decides how long each one takes. A history runs
/// in microseconds of real time for each step and the same way every time.
/// </summary>
internal sealed class SimulatedTime(int seed) : SynchronizationContext
{
    private readonly Lock _gate = new();
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _ready = new();
    private readonly PriorityQueue<Func<Task>, (long At, long Number)> _steps = new();
    private long _number;

    public Random Random { get; } = new(seed);

    /// <summary>Microseconds since the beginning.</summary>
    public long Now { get; private set; }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_gate)
            _ready.Enqueue((d, state));
    }

    /// <summary>Runs a step later.</summary>
    public void After(TimeSpan delay, Func<Task> step) => _steps.Enqueue(step, (Now + (long)delay.TotalMicroseconds, _number++));

    /// <summary>Waits in virtual time.</summary>
    public Task DelayAsync(TimeSpan delay)
    {
        var done = new TaskCompletionSource();
        After(delay, () =>
        {
            done.SetResult();
            return Task.CompletedTask;
        });
        return done.Task;
    }

    /// <summary>A clock for one process, whose timers stop with it.</summary>
    public TimeProvider ClockOf(Func<bool> isAlive) => new Clock(this, isAlive);

    /// <summary>Runs a history to its end.</summary>
    public async Task RunAsync(Func<Task> history)
    {
        Task? running = null;
        Post(_ => running = history(), null);
        while (true)
        {
            Drain();
            if (running!.IsCompleted)
            {
                await running.ConfigureAwait(false);
                return;
            }
            if (!_steps.TryDequeue(out var step, out var at))
                throw new InvalidOperationException($"Everybody waits at {Now} us.");
            Now = Math.Max(Now, at.At);
            await step().ConfigureAwait(false);
        }
    }

    private void Drain()
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            while (true)
            {
                (SendOrPostCallback Callback, object? State) next;
                lock (_gate)
                {
                    if (!_ready.TryDequeue(out next))
                        return;
                }
                next.Callback(next.State);
            }
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    private sealed class Clock(SimulatedTime world, Func<bool> isAlive) : TimeProvider
    {
        public override long TimestampFrequency => 1_000_000;

        public override long GetTimestamp() => world.Now;

        public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 5, 4, 12, 0, 0, TimeSpan.Zero).AddMicroseconds(world.Now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new Timer(world, () =>
            {
                if (isAlive())
                    callback(state);
            }, dueTime);
    }

    private sealed class Timer : ITimer
    {
        private readonly SimulatedTime _world;
        private readonly Action _fire;
        private int _version;

        public Timer(SimulatedTime world, Action fire, TimeSpan dueTime)
        {
            (_world, _fire) = (world, fire);
            Change(dueTime, Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var version = ++_version;
            if (dueTime == Timeout.InfiniteTimeSpan)
                return true;
            _world.After(dueTime, () =>
            {
                if (version == _version)
                    _fire();
                return Task.CompletedTask;
            });
            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
