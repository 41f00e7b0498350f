using System.Globalization;
using System.Threading.Channels;
using Agents.LocalRuntime.Grpc;

namespace Agents.LocalRuntime.Workflows;

/// <summary>
/// Who does what: the work of one app that waits, and the streams that take it. Nothing here is lost with the process, because the database
/// holds all of it. Work whose stream ends waits for another one, unchanged.
/// </summary>
internal sealed class WorkItems
{
    private readonly Lock _lock = new();
    private readonly List<WorkerStream> _streams = [];
    private readonly Dictionary<long, TurnWork> _turns = [];
    private readonly Dictionary<long, ActivityWork> _activities = [];
    private readonly Queue<TurnWork> _waitingTurns = [];
    private readonly Queue<ActivityWork> _waitingActivities = [];
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private TaskCompletionSource _anyWorker = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes once a worker is connected.</summary>
    public Task AnyWorker
    {
        get
        {
            lock (_lock) return _anyWorker.Task;
        }
    }

    public int CountAt(Apps.Sidecar sidecar)
    {
        lock (_lock) return _streams.Count(stream => stream.Sidecar == sidecar);
    }

    /// <exception cref="GrpcException">There are too many.</exception>
    public void Add(WorkerStream stream)
    {
        lock (_lock)
        {
            if (_streams.Count >= Limits.Streams) throw new GrpcException(GrpcStatus.ResourceExhausted, $"{Limits.Streams} workers are connected already");
            _streams.Add(stream);
            _anyWorker.TrySetResult();
        }

        _changed.Writer.TryWrite(true);
    }

    /// <summary>The stream has ended; what it did not answer goes to others.</summary>
    public void Remove(WorkerStream stream)
    {
        lock (_lock)
        {
            if (!_streams.Remove(stream)) return;
            if (_streams.Count == 0) _anyWorker = new(TaskCreationOptions.RunContinuationsAsynchronously);
            foreach (var work in stream.InHand)
            {
                work.Holder = null;
                if (!work.IsAnswered) Wait(work);
            }

            stream.InHand.Clear();
        }

        _changed.Writer.TryWrite(true);
    }

    /// <summary>Takes note of what a commit brought.</summary>
    public void Add(Changes changes)
    {
        lock (_lock)
        {
            foreach (var instance in changes.Ready)
            {
                if (_turns.TryGetValue(instance, out var known))
                {
                    // One that waits unbuilt will find what arrived.
                    known.HasMore |= known.Turn is not null || known.Holder is not null;
                    continue;
                }

                Wait(_turns[instance] = new(instance));
            }

            foreach (var activity in changes.Activities) Wait(_activities[activity.Token] = new(activity));
        }

        _changed.Writer.TryWrite(true);
    }

    /// <summary>Waits for work and a stream with a free hand, and gives the one to the other.</summary>
    public async Task<Work> NextAsync(CancellationToken cancel)
    {
        while (true)
        {
            lock (_lock)
            {
                if (Assign(_waitingTurns, Limits.TurnsInHand) is { } turn) return turn;
                if (Assign(_waitingActivities, Limits.ActivitiesInHand) is { } activity) return activity;
            }

            await _changed.Reader.ReadAsync(cancel);
        }
    }

    /// <summary>The turn an answer is about; null when nobody was asked. The caller commits, then calls Done or GiveBack.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="token">As it was handed out; empty from workers that do not know tokens.</param>
    /// <param name="connectionId">Where the answer came from: without a token, only what was sent there is taken. Null for anywhere.</param>
    public TurnWork? TakeAnswered(string instanceId, string token, string? connectionId)
    {
        lock (_lock)
        {
            if (token.Length == 0) return Answered(InHandOf<TurnWork>(connectionId).FirstOrDefault(work => work.Turn?.Before.InstanceId == instanceId));
            return Turn.InstanceOf(token) is { } key && _turns.TryGetValue(key, out var known) && known.Turn?.Token == token ? Answered(known) : null;
        }
    }

    /// <inheritdoc cref="TakeAnswered(string,string,string?)"/>
    public ActivityWork? TakeAnswered(string instanceId, int taskId, string token, string? connectionId)
    {
        lock (_lock)
        {
            if (token.Length > 0)
            {
                return long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var number) &&
                    _activities.TryGetValue(number, out var known) && Fits(known) ? Answered(known) : null;
            }

            return Answered(InHandOf<ActivityWork>(connectionId).FirstOrDefault(Fits));
        }

        bool Fits(ActivityWork work) => work.Activity.Request.TaskId == taskId && work.Activity.Request.WorkflowInstance.InstanceId == instanceId;
    }

    /// <summary>The work is committed, or there was none.</summary>
    public void Done(Work work)
    {
        lock (_lock)
        {
            Release(work);
            work.IsAnswered = true;
            if (work is ActivityWork activity)
            {
                _activities.Remove(activity.Activity.Token);
            }
            else if (work is TurnWork turn && _turns.GetValueOrDefault(turn.Instance) == turn)
            {
                _turns.Remove(turn.Instance);
                if (turn.HasMore) Wait(_turns[turn.Instance] = new(turn.Instance));
            }
        }

        _changed.Writer.TryWrite(true);
    }

    /// <summary>The commit failed; the work is handed out again.</summary>
    public void GiveBack(Work work)
    {
        lock (_lock)
        {
            Release(work);
            work.IsAnswered = false;
            Wait(work);
        }

        _changed.Writer.TryWrite(true);
    }

    private void Wait(Work work)
    {
        if (work is TurnWork turn) _waitingTurns.Enqueue(turn);
        else _waitingActivities.Enqueue((ActivityWork)work);
    }

    private T? Assign<T>(Queue<T> waiting, int most)
        where T : Work
    {
        // Answered after all by the worker it was taken from, while it waited for another one.
        while (waiting.TryPeek(out var stale) && (stale.IsAnswered || stale.Holder is not null)) waiting.Dequeue();
        if (waiting.Count == 0) return null;
        var stream = _streams.Where(candidate => candidate.InHand.Count(work => work is T) < most).MinBy(candidate => candidate.InHand.Count);
        if (stream is null) return null;
        var next = waiting.Dequeue();
        next.Holder = stream;
        stream.InHand.Add(next);
        return next;
    }

    private static T? Answered<T>(T? work)
        where T : Work
    {
        if (work is null or { IsAnswered: true }) return null;
        work.IsAnswered = true;
        return work;
    }

    private IEnumerable<T> InHandOf<T>(string? connectionId) =>
        _streams.Where(stream => connectionId is null || stream.ConnectionId == connectionId).SelectMany(stream => stream.InHand).OfType<T>();

    private static void Release(Work work)
    {
        work.Holder?.InHand.Remove(work);
        work.Holder = null;
    }
}
