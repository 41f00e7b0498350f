using System.Globalization;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Replicas;
using Agents.Defaults.State;

namespace Agents.Conversation.Sessions;

/// <summary>
/// Ends sessions in which nothing has happened for too long, without any request. When a session is opened it is noted in the bucket of
/// the moment at which it might be due; one replica at a time looks through the buckets as they come due, and notes a session that was
/// active meanwhile in a later one. So a turn costs nothing, and a session one entry for each of its idle times.
/// </summary>
internal sealed partial class IdleSessions(
    Stores stores, LedgerSet ledgers, Leases leases, SessionStore sessions, SessionEnd end, TimeProvider time, ILogger<IdleSessions> logger)
    : BackgroundService
{
    private const string Name = "idle-sessions";
    private const int Shards = 4;
    private const int BucketSeconds = 5;
    private const int AtOnce = 500;
    private const int MaxBuckets = 720;

    // Late entries, of replicas that were slow between looking at the clock and writing, still come before their bucket is looked at.
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(2);

    // The longest idle time is 30 days, and the service may be down for a while when the bucket comes due.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(40);

    /// <summary>Notes when the session may be idle for too long.</summary>
    public Task WatchAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        var due = session.LastActiveAt.AddSeconds(session.IdleSeconds).ToUnixTimeSeconds();
        // Who waits for a person is not idle, and is looked at again in an hour.
        var now = time.GetUtcNow().ToUnixTimeSeconds() + (session.AwaitsPerson ? 3_600 : 0);
        var bucket = Math.Max(due, now) / BucketSeconds + 1;
        var shard = (int)((uint)string.GetHashCode(session.Id, StringComparison.Ordinal) % Shards);
        return Bucket(bucket, shard).AppendAsync([SessionKey.Of(session).ToString()], cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(BucketSeconds), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (leases.IsOurs(await leases.TakeAsync(Name, stoppingToken)))
                    await LookAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // The store is away: the buckets wait.
                NotLooked(logger, exception.GetType().Name);
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = (time.GetUtcNow() - Late).ToUnixTimeSeconds() / BucketSeconds;
        var next = (await stores.Main.GetAsync<Cursor>(Name, cancellationToken))?.Value.Next ?? now - 1;
        for (var bucket = next; bucket < Math.Min(now, next + MaxBuckets); bucket++)
        {
            for (var shard = 0; shard < Shards; shard++)
                await EndAsync(Bucket(bucket, shard), cancellationToken);
            // Done twice when two replicas believe in their lease for a moment, which changes nothing.
            await stores.Main.PutAsync(Name, new Cursor(bucket + 1), cancellationToken);
        }
    }

    private async Task EndAsync(Ledger<string> bucket, CancellationToken cancellationToken)
    {
        for (long from = 0; ;)
        {
            var slice = await bucket.ReadAsync(from, AtOnce, cancellationToken);
            foreach (var entry in slice.Entries)
                await EndIfIdleAsync(SessionKey.Parse(entry), cancellationToken);
            if (slice.Entries.Count == 0)
                return;
            from = slice.Next;
        }
    }

    private async Task EndIfIdleAsync(SessionKey key, CancellationToken cancellationToken)
    {
        if (await sessions.GetAsync(key, cancellationToken) is not { Deleted: false, Outcome: null } session)
            return;
        var after = await end.EndAsync(session, Outcome.Abandoned, IsIdle, cancellationToken);
        if (after is { Outcome: null })
            await WatchAsync(after, cancellationToken);
    }

    private bool IsIdle(SessionRecord session) =>
        session is { Running: null, AwaitsPerson: false } && time.GetUtcNow() - session.LastActiveAt >= TimeSpan.FromSeconds(session.IdleSeconds);

    private Ledger<string> Bucket(long bucket, int shard) => ledgers.Get<string>(
        string.Create(CultureInfo.InvariantCulture, $"idle-sessions/{bucket}/{shard}"), keep: Kept);

    private sealed record Cursor(long Next);

    [LoggerMessage(LogLevel.Warning, "Idle sessions were not looked for: {Cause}")]
    private static partial void NotLooked(ILogger logger, string cause);
}
