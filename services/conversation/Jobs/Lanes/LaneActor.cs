using Agents.Defaults.Ledgers;
using Agents.Defaults.Replicas;
using Agents.Defaults.State;
using Dapr.Actors;
using Dapr.Actors.Runtime;

namespace Agents.Conversation.Jobs.Lanes;

/// <summary>A shard of a lane; its id is <c>{lane}-{shard}</c>.</summary>
internal interface ILaneShard : IActor
{
    Task<PlacedJobs> Place(IReadOnlyList<PlaceJob> jobs);

    Task<ExchangedJobs> Exchange(ExchangeJobs call);

    Task Drop(IReadOnlyList<string> jobs);

    Task<LaneFigure> Figure();
}

/// <summary>
/// Orders and batches the calls to a shard. What is true is in its log: whatever cannot be written down there is forgotten again, and an
/// activation that was paused while another one took over finds that out at its first write. As long as jobs are here a reminder looks
/// after lost workers, ended pauses and wake-ups that came to nothing.
/// </summary>
[Actor(TypeName = LaneClient.ActorType)]
internal sealed partial class LaneActor(
    ActorHost host, LaneOptions lanes, Stores stores, LedgerSet ledgers, ReplicaMonitor replicas, WakeUps wakeUps, LaneTelemetry telemetry, TimeProvider time,
    ILogger<LaneActor> logger)
    : Actor(host), ILaneShard, IRemindable
{
    private const string Reminder = "look";
    private const int ShortLog = 4_096;
    private const int QuietLooks = 5;
    private const int WakeUpsPerLook = 32;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    // A reminder that has not come for so long is asked for again: everything may be lost on the way, also its registration or its end.
    private static readonly TimeSpan Overdue = TimeSpan.FromSeconds(20);

    private readonly (string Lane, int Shard) _id = LaneClient.Parse(host.Id.GetId());
    private Lane? _lane;
    private LaneLog? _log;

    // When it was asked for, or came last; null while nothing has to be looked at.
    private long? _reminded;
    private int _quiet;

    // A job was given out since the last look: then somebody is awake.
    private bool _busy;

    public Task<PlacedJobs> Place(IReadOnlyList<PlaceJob> jobs) => TurnAsync(lane =>
    {
        var now = Now();
        List<bool> accepted = [.. jobs.Select(job => lane.Place(job, now))];
        var figure = lane.Figure(now);
        return new PlacedJobs(accepted, figure.Waiting, (int)Math.Clamp(Math.Ceiling(figure.WorkSeconds / Math.Max(1, figure.Leased)), 1, 60));
    });

    public Task<ExchangedJobs> Exchange(ExchangeJobs call) => TurnAsync(lane =>
    {
        var jobs = lane.Exchange(call, Now(), Random.Shared.NextDouble);
        _busy |= jobs.Count > 0;
        return new ExchangedJobs(jobs, lane.Ready(Now()));
    });

    public Task Drop(IReadOnlyList<string> jobs) => TurnAsync(lane =>
    {
        foreach (var job in jobs)
            lane.Drop(job, Now());
        return true;
    });

    public Task<LaneFigure> Figure() => TurnAsync(lane => lane.Figure(Now()));

    public async Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period)
    {
        _reminded = time.GetTimestamp();
        var (count, ready) = await TurnAsync(lane =>
        {
            if (lane.Lose(replicas.IsAlive, Now(), Random.Shared.NextDouble) is > 0 and var lost)
                Lost(logger, Id.GetId(), lost);
            return (lane.Count, lane.Ready(Now()));
        });
        // Lost wake-ups, ended pauses, workers that have just come: whoever has nothing to do is to ask.
        if (ready > 0 && !_busy)
            wakeUps.Publish(_id.Lane, _id.Shard, Math.Min(ready, WakeUpsPerLook));
        _busy = false;
        _quiet = count == 0 ? _quiet + 1 : 0;
        if (_quiet < QuietLooks)
            return;
        // Should the answer be lost, the next job asks for it again.
        _reminded = null;
        await UnregisterReminderAsync(Reminder);
    }

    protected override async Task OnActivateAsync()
    {
        foreach (var lane in lanes.Names)
            replicas.Watch(LaneOptions.AppId(lane));
        await OpenAsync();
    }

    protected override Task OnDeactivateAsync()
    {
        telemetry.Forget(_id.Lane, _id.Shard);
        return Task.CompletedTask;
    }

    private async Task<T> TurnAsync<T>(Func<Lane, T> turn)
    {
        try
        {
            if (_lane is null)
                await OpenAsync();
            var result = turn(_lane!);
            if (_lane!.News() is { Count: > 0 } news)
            {
                await _log!.AppendAsync(news, CancellationToken.None);
                telemetry.Set(_id.Lane, _id.Shard, _lane.Figure(Now()));
                if (_log.Length > Math.Max(ShortLog, 4 * _lane.Count))
                    await _log.MoveAsync([.. _lane.Snapshot()], CancellationToken.None);
            }
            if (_lane.Count > 0 && (_reminded is not { } since || time.GetElapsedTime(since) > Overdue))
            {
                await RegisterReminderAsync(Reminder, null, LookEvery, LookEvery);
                (_reminded, _quiet) = (time.GetTimestamp(), 0);
            }
            return result;
        }
        catch
        {
            // What of this turn is in the log only the log knows.
            _lane = null;
            throw;
        }
    }

    private async Task OpenAsync()
    {
        var shard = Id.GetId();
        var (log, entries) = await LaneLog.OpenAsync(stores, ledgers, shard, CancellationToken.None);
        var lane = new Lane(lanes.Has(_id.Lane) ? lanes[_id.Lane] : new LaneSpec());
        foreach (var entry in entries)
            lane.Apply(entry);
        (_log, _lane, _reminded) = (log, lane, null);
        telemetry.Set(_id.Lane, _id.Shard, lane.Figure(Now()));
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(LogLevel.Warning, "{Count} jobs of lane {Shard} lost their workers and wait again")]
    private static partial void Lost(ILogger logger, string shard, int count);
}
