using Agents.Conversation.Jobs.Lanes;
using Agents.Defaults.Replicas;

namespace Agents.Conversation.Jobs.Running;

/// <summary>
/// A worker's talk with one shard of its lane: one call at a time, which tells what is done, says what is held, and asks for as many jobs
/// as there are slots waiting.
/// </summary>
internal sealed partial class LaneChannel(
    string lane, int shard, ReplicaId worker, LaneClient lanes, TimeProvider time, ILogger logger, CancellationToken stop)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly HashSet<string> _held = new(StringComparer.Ordinal);
    private readonly List<FinishedJob> _finished = [];
    private readonly Queue<TaskCompletionSource<LeasedJob?>> _waiting = new();
    private TaskCompletionSource _idle = Completed();
    private long _turn;
    private bool _calling;

    /// <summary>Jobs that could be had when the shard was last asked.</summary>
    public int Ready { get; private set; }

    /// <summary>When the shard was last asked.</summary>
    public long AskedAt { get; private set; }

    /// <summary>Completes when the shard knows of all that is finished.</summary>
    public Task Idle
    {
        get
        {
            lock (_gate)
                return _idle.Task;
        }
    }

    /// <summary>The next job; null when there is none, or the shard does not answer.</summary>
    public Task<LeasedJob?> NextAsync()
    {
        var next = new TaskCompletionSource<LeasedJob?>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
            _waiting.Enqueue(next);
        Talk();
        return next.Task;
    }

    /// <summary>Tells what became of a job, for sure: also when the shard is away for a while.</summary>
    public void Finish(FinishedJob job)
    {
        lock (_gate)
        {
            _finished.Add(job);
            if (_idle.Task.IsCompleted)
                _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        Talk();
    }

    private void Talk()
    {
        lock (_gate)
        {
            if (_calling)
                return;
            _calling = true;
        }
        _ = TalkAsync();
    }

    private async Task TalkAsync()
    {
        var failures = 0;
        var silentSince = time.GetTimestamp();
        while (Next() is { } call)
        {
            try
            {
                Take(call, await lanes.ExchangeAsync(lane, shard, call, CancellationToken.None));
                (failures, silentSince) = (0, time.GetTimestamp());
            }
            catch (Exception exception)
            {
                // Whatever it is, this talk must go on. The shard is moving, or its store is away. Whatever it gave us in an answer that was lost it takes back at the next call.
                if (failures++ == 0)
                    Silent(logger, lane, shard, exception.GetType().Name);
                if (time.GetElapsedTime(silentSince) > Patience || stop.IsCancellationRequested)
                    SendAway();
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(2_000, 50 << Math.Min(failures, 6))), time, CancellationToken.None);
            }
        }
    }

    private ExchangeJobs? Next()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0 && _finished.Count == 0)
            {
                _calling = false;
                _idle.TrySetResult();
                return null;
            }
            AskedAt = time.GetTimestamp();
            return new ExchangeJobs(worker, ++_turn, [.. _held], [.. _finished], _waiting.Count);
        }
    }

    private void Take(ExchangeJobs call, ExchangedJobs answer)
    {
        lock (_gate)
        {
            Ready = answer.Ready;
            foreach (var told in call.Finished)
            {
                _finished.Remove(told);
                _held.Remove(told.Job);
            }
            foreach (var job in answer.Jobs)
            {
                _held.Add(job.Job);
                _waiting.Dequeue().SetResult(job);
            }
            for (var n = answer.Jobs.Count; n < call.Want; n++)
                _waiting.Dequeue().SetResult(null);
        }
    }

    private void SendAway()
    {
        lock (_gate)
        {
            while (_waiting.TryDequeue(out var waiting))
                waiting.SetResult(null);
        }
    }

    private static TaskCompletionSource Completed()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }

    [LoggerMessage(LogLevel.Warning, "Shard {Shard} of lane {Lane} does not answer: {Cause}")]
    private static partial void Silent(ILogger logger, string lane, int shard, string cause);
}
