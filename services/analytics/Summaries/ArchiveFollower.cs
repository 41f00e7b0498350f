using System.Collections.Concurrent;
using Agents.Analytics.Archive;
using Dapr;

namespace Agents.Analytics.Summaries;

/// <summary>Folds what is new in every replica's archive into this replica's <see cref="Timeline"/>: steadily, and whenever somebody asks.</summary>
internal sealed partial class ArchiveFollower(EventArchive archive, Timeline timeline, TimeProvider time, ILogger<ArchiveFollower> logger)
    : BackgroundService
{
    private const int Portion = 2_048;
    private const int MaxParallel = 4;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _turn = new(1);

    // By replica: the sequence number in its archive from which on nothing is folded yet.
    private readonly ConcurrentDictionary<string, long> _next = new(StringComparer.Ordinal);

    /// <summary>Returns when all that was archived before the call is folded.</summary>
    /// <exception cref="DaprException">The store does not answer.</exception>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            timeline.Forget(time.GetUtcNow());
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = MaxParallel, CancellationToken = cancellationToken };
            var replicas = await archive.ReplicasAsync(cancellationToken);
            await Parallel.ForEachAsync(replicas, parallel, async (replica, token) => await FollowAsync(replica, token));
        }
        finally
        {
            _turn.Release();
        }
    }

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await CatchUpAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // The next round tries again; a request in between meets the same failure and tells its caller.
                Behind(logger, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task FollowAsync(string replica, CancellationToken cancellationToken)
    {
        var ledger = archive.Of(replica);
        if (!_next.TryGetValue(replica, out var next))
            next = _next[replica] = await archive.FindAsync(replica, time.GetUtcNow() - Timeline.Kept, cancellationToken);
        for (var end = long.MaxValue; next < end;)
        {
            var slice = await ledger.ReadAsync(next, Portion, cancellationToken);
            timeline.Add(slice.Entries);
            next = _next[replica] = next + slice.Entries.Count;
            end = slice.End;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The archives cannot be read")]
    private static partial void Behind(ILogger logger, Exception exception);
}
