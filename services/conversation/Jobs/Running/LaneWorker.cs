using Agents.Conversation.Jobs.Lanes;
using Agents.Conversation.Turns;
using Agents.Defaults.Replicas;

namespace Agents.Conversation.Jobs.Running;

/// <summary>
/// Runs a lane's jobs in its slots. A wake-up takes a slot; a slot asks for job after job until there is none. Shards that have work take
/// turns, so that a crowd in one of them does not hold up the others.
/// </summary>
internal sealed partial class LaneWorker(
    string lane, IConfiguration configuration, LaneOptions lanes, LaneClient client, JobRunner runner, JobStore jobs, ReplicaMonitor replicas, ReplicaLoad load, TimeProvider time,
    ILogger<LaneWorker> logger) : IDisposable
{
    // Brokers deliver again what is not answered in time; the slot goes on without the wake-up.
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    // The process has 25 s from the signal to its end.
    private const int LongestDrain = 18;

    private readonly SemaphoreSlim _slots = new(lanes[lane].Slots);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _breakOff = new();
    private readonly Dictionary<int, LaneChannel> _channels = [];
    private readonly HashSet<Task> _running = [];
    private int _turn;

    public string Lane => lane;

    /// <summary>Begins with asking for whatever waits already.</summary>
    public void Start()
    {
        load.AddSlots(lanes[lane].Slots);
        for (var slot = 0; slot < lanes[lane].Slots; slot++)
            _ = WakeAsync(slot % lanes[lane].Shards);
    }

    /// <summary>Takes a slot, if one is free in time, and runs what there is; returns when that is done, or after 45 s.</summary>
    public async Task WakeAsync(int shard)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        limit.CancelAfter(AnswerWithin);
        try
        {
            await _slots.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // Every slot is busy with asking for more anyway, or the process stops.
            return;
        }
        var slot = Task.Run(() => RunSlotAsync(shard), CancellationToken.None);
        lock (_running)
            _running.Add(slot);
        _ = slot.ContinueWith(ended => { lock (_running) _running.Remove(ended); }, TaskScheduler.Default);
        await Task.WhenAny(slot, Task.Delay(AnswerWithin, time, limit.Token));
    }

    /// <summary>Takes no more jobs; what still runs after a while is given back. Wake-ups are answered at once, since a stop waits for them.</summary>
    public void Stop()
    {
        _stopping.Cancel();
        _breakOff.CancelAfter(TimeSpan.FromSeconds(Math.Clamp(configuration.GetValue("Jobs:DrainSeconds", LongestDrain), 0, LongestDrain)));
    }

    /// <summary>Returns when nothing runs here any more and the lane knows it.</summary>
    public async Task StoppedAsync()
    {
        Task[] running;
        lock (_running)
            running = [.. _running];
        await Task.WhenAll(running);
        List<LaneChannel> channels;
        lock (_channels)
            channels = [.. _channels.Values];
        await Task.WhenAny(Task.WhenAll(channels.Select(channel => channel.Idle)), Task.Delay(TimeSpan.FromSeconds(3), time));
    }

    public void Dispose()
    {
        _slots.Dispose();
        _stopping.Dispose();
        _breakOff.Dispose();
    }

    private async Task RunSlotAsync(int shard)
    {
        try
        {
            while (!_stopping.IsCancellationRequested && await NextAsync(shard) is { } next)
            {
                load.Begin();
                try
                {
                    next.Channel.Finish(await RunAsync(next.Job));
                }
                finally
                {
                    load.End();
                }
                shard = NextShard(shard);
            }
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>The shards that have work, in turn; and now and then those that had none, because nobody wakes a worker that is busy.</summary>
    private int NextShard(int before)
    {
        lock (_channels)
        {
            for (var n = 0; n < lanes[lane].Shards; n++)
            {
                _turn = (_turn + 1) % lanes[lane].Shards;
                if (!_channels.TryGetValue(_turn, out var channel) || channel.Ready > 0 || time.GetElapsedTime(channel.AskedAt) > AskAgain)
                    return _turn;
            }
        }
        return before;
    }

    /// <summary>The next job, of this shard or else of the one that is known to have some.</summary>
    private async Task<(LaneChannel Channel, LeasedJob Job)?> NextAsync(int shard)
    {
        for (var asked = 0; asked <= lanes[lane].Shards; asked++)
        {
            var channel = Channel(shard);
            if (await channel.NextAsync() is { } job)
                return (channel, job);
            if (Hungriest() is not { } other)
                return null;
            shard = other;
        }
        return null;
    }

    private int? Hungriest()
    {
        lock (_channels)
        {
            var best = _channels.Where(channel => channel.Value.Ready > 0).OrderByDescending(channel => channel.Value.Ready).Select(channel => (int?)channel.Key);
            return best.FirstOrDefault();
        }
    }

    private async Task<FinishedJob> RunAsync(LeasedJob leased)
    {
        try
        {
            return await runner.RunAsync(lane, leased, _breakOff.Token);
        }
        catch (Exception) when (_breakOff.IsCancellationRequested)
        {
            return new FinishedJob(leased.Job, leased.Lease, Verdict.Released);
        }
        catch (Exception exception)
        {
            // A store that is away, or a fault of ours: another attempt, perhaps elsewhere, may fare better, and the attempts are counted.
            Failed(logger, leased.Job, leased.Attempt, exception);
            await NoteAsync(leased);
            return new FinishedJob(leased.Job, leased.Lease, Verdict.Failed);
        }
    }

    private async Task NoteAsync(LeasedJob leased)
    {
        try
        {
            if (await jobs.GetAsync(leased.Tenant, leased.Job, _breakOff.Token) is { } job)
                await jobs.UpdateAsync(job, current => current.Retry(leased.Lease, JobErrors.Internal, TurnUsage.None), _breakOff.Token);
        }
        catch (Exception exception) when (exception is Dapr.DaprException or HttpRequestException or Defaults.Errors.ProblemException or OperationCanceledException)
        {
            // It is in our log, and the job is tried again whether or not its record says why.
            Failed(logger, leased.Job, leased.Attempt, exception);
        }
    }

    private LaneChannel Channel(int shard)
    {
        lock (_channels)
        {
            if (!_channels.TryGetValue(shard, out var channel))
                _channels[shard] = channel = new LaneChannel(lane, shard, replicas.Self, client, time, logger, _stopping.Token);
            return channel;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Job {Job} failed inside in attempt {Attempt}")]
    private static partial void Failed(ILogger logger, string job, int attempt, Exception exception);
}
