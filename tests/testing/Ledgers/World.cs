namespace Agents.Testing.Ledgers;

/// <summary>
/// A small deterministic simulator: all code of a history runs on one queue, and whenever it waits, for the store or for a timer, the
/// seed decides what happens next. So any order of steps, any pause and any crash between two calls can come up, and comes up again.
/// </summary>
internal sealed class World(int seed) : SynchronizationContext
{
    private const int MaxSteps = 200_000;

    private readonly Lock _gate = new();
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _ready = new();
    private readonly List<Step> _waiting = [];
    private HashCode _trace;

    public Random Random { get; } = new(seed);

    /// <summary>No faults and no pauses from here on.</summary>
    public bool Calm { get; set; }

    public int Steps { get; private set; }

    /// <summary>Whether a request is on its way whose sender has given up.</summary>
    public bool IsInFlight => _waiting.Exists(step => step.InFlight);

    /// <summary>Differs, in all likelihood, when anything happened in another order.</summary>
    public int Trace => _trace.ToHashCode();

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_gate)
            _ready.Enqueue((d, state));
    }

    /// <summary>Something that happens when it is its turn.</summary>
    public void Add(Step step) => _waiting.Add(step);

    public void Remove(Step step) => _waiting.Remove(step);

    /// <summary>Runs a history to its end.</summary>
    /// <exception cref="InvalidOperationException">Everybody waits for somebody else, or there is no end.</exception>
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
            if (++Steps > MaxSteps)
                throw new InvalidOperationException($"The history with seed {seed} does not end.");
            await Next().Action().ConfigureAwait(false);
        }
    }

    private Step Next()
    {
        if (_waiting.Count == 0)
            throw new InvalidOperationException($"In the history with seed {seed} everybody waits.");
        var choice = _waiting.FindIndex(step => step.Process.Urgent);
        if (choice < 0)
        {
            var awake = Enumerable.Range(0, _waiting.Count).Where(i => Calm || _waiting[i].Process.PausedUntil <= Steps).ToList();
            choice = awake.Count > 0 ? awake[Random.Next(awake.Count)] : Random.Next(_waiting.Count);
        }
        var step = _waiting[choice];
        _waiting.RemoveAt(choice);
        _trace.Add(step.Process.Number);
        _trace.Add(choice);
        return step;
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
}

/// <summary>What may happen next, and in which process.</summary>
/// <param name="InFlight">A request that lands whatever has become of its sender.</param>
internal sealed record Step(SimulatedProcess Process, Func<Task> Action, bool InFlight = false);

/// <summary>Timers as steps: they fire when the seed says so, as after a pause of any length.</summary>
internal sealed class WorldTime(World world, SimulatedProcess process) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => world.Steps * TimeSpan.TicksPerMillisecond;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddMilliseconds(world.Steps);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(world, process, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(World world, SimulatedProcess process, Action fire) : ITimer
    {
        private Step? _step;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Dispose();
            if (dueTime == Timeout.InfiniteTimeSpan)
                return true;
            _step = new Step(process, () =>
            {
                if (process.Alive)
                    fire();
                return Task.CompletedTask;
            });
            world.Add(_step);
            return true;
        }

        public void Dispose()
        {
            if (_step is not null)
                world.Remove(_step);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
