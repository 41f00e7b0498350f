using System.Globalization;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Replicas;
using Agents.Defaults.State;

namespace Agents.Conversation.Sessions;

/// <summary>
/// Ends sessions in which nothing has happened for too long, without any request. When a session is opened it is noted in the bucket of
/// the moment at which it might be due, and again in a later one when it was active meanwhile. So a turn costs nothing, and a session one
/// entry for each of its idle times.
/// </summary>
internal sealed class IdleSessions(
    Stores stores, LedgerSet ledgers, Leases leases, SessionStore sessions, SessionEnd end, TimeProvider time, ILogger<IdleSessions> logger)
    : DueBuckets("idle-sessions", lookback: 1, stores, leases, time, logger)
{
    private const int Shards = 4;
    private const int AtOnce = 500;

    // The longest idle time is 30 days, and the service may be down for a while when the bucket comes due.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(40);

    /// <summary>Notes when the session may be idle for too long.</summary>
    public Task WatchAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        var due = session.LastActiveAt.AddSeconds(session.IdleSeconds);
        // Who waits for a person is not idle, and is looked at again in an hour.
        var earliest = Time.GetUtcNow().AddHours(session.AwaitsPerson ? 1 : 0);
        var shard = (int)((uint)string.GetHashCode(session.Id, StringComparison.Ordinal) % Shards);
        return Bucket(BucketOf(due > earliest ? due : earliest), shard).AppendAsync([SessionKey.Of(session).ToString()], cancellationToken);
    }

    protected override async Task LookThroughAsync(long bucket, CancellationToken cancellationToken)
    {
        for (var shard = 0; shard < Shards; shard++)
            await EndAsync(Bucket(bucket, shard), cancellationToken);
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
        session is { Running: null, AwaitsPerson: false } && Time.GetUtcNow() - session.LastActiveAt >= TimeSpan.FromSeconds(session.IdleSeconds);

    private Ledger<string> Bucket(long bucket, int shard) => ledgers.Get<string>(
        string.Create(CultureInfo.InvariantCulture, $"idle-sessions/{bucket}/{shard}"), keep: Kept);
}
