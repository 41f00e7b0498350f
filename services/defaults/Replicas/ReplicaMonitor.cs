using System.Collections.Concurrent;
using Agents.Defaults.State;

namespace Agents.Defaults.Replicas;

/// <summary>
/// Who is alive among the replicas of this app. Each replica renews one counter a second; whoever has seen the same counter for
/// 3 s by its own monotonic clock takes the replica for dead. No wall clock is compared, so skew between machines does not matter.
/// </summary>
public sealed partial class ReplicaMonitor(Stores stores, ServiceIdentity identity, TimeProvider time, ILogger<ReplicaMonitor> logger) : BackgroundService
{
    /// <summary>How long a counter may stand still.</summary>
    public static readonly TimeSpan DeadAfter = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    // Earlier lives of a replica that are remembered as ended.
    private const int MaxEnded = 16;

    // Lives that are asked about are few; past this many the questions start over, which delays a verdict by 3 s and nothing else.
    private const int MaxAsked = 10_000;

    private readonly ConcurrentDictionary<string, Seen> _seen = new(StringComparer.Ordinal);

    // When somebody first asked about a life that has not been seen.
    private readonly ConcurrentDictionary<ReplicaId, long> _asked = new();
    private long _lastRound;
    private long _counter;
    private bool _enrolled;

    /// <summary>This replica.</summary>
    public ReplicaId Self { get; } = new(identity.Replica, identity.Epoch);

    private string RosterKey => $"replicas/{identity.AppId}";

    /// <summary>
    /// False only when the replica is known to be gone: its counter stood still for 3 s, it was seen to start anew, or nothing was seen of
    /// it during the 3 s after somebody first asked. While the store itself does not answer, nobody is declared dead.
    /// </summary>
    public bool IsAlive(ReplicaId replica)
    {
        if (replica == Self)
            return true;
        if (replica.Name == Self.Name)
            return false;
        if (_lastRound == 0 || time.GetElapsedTime(_lastRound) > DeadAfter)
            return true;
        if (_seen.TryGetValue(replica.Name, out var seen))
        {
            if (seen.Epoch == replica.Epoch)
                return time.GetElapsedTime(seen.ChangedAt) < DeadAfter;
            if (seen.Ended.Contains(replica.Epoch))
                return false;
        }
        // A life that began after the latest round, or ended before the first one.
        if (_asked.Count > MaxAsked)
            _asked.Clear();
        return time.GetElapsedTime(_asked.GetOrAdd(replica, _ => time.GetTimestamp())) < DeadAfter;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Beat, time);
        while (true)
        {
            try
            {
                await BeatAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // The next beat tries again; until a round succeeds IsAlive declares nobody dead.
                BeatFailed(logger, exception.GetType().Name);
            }
            if (!await timer.WaitForNextTickAsync(stoppingToken))
                return;
        }
    }

    /// <summary>Renews this replica's counter and looks at those of the others.</summary>
    internal async Task BeatAsync(CancellationToken cancellationToken)
    {
        await stores.Main.PutAsync(BeatKey(Self.Name), new Heartbeat(Self.Epoch, ++_counter), cancellationToken);
        if (!_enrolled)
            await EnrolAsync(cancellationToken);
        _enrolled = true;
        await ObserveAsync(cancellationToken);
    }

    private async Task EnrolAsync(CancellationToken cancellationToken) => await stores.Main.UpdateAsync<Roster>(
        RosterKey,
        roster => roster?.Names.Contains(Self.Name) == true ? null : new Roster([.. roster?.Names ?? [], Self.Name]),
        cancellationToken);

    private async Task ObserveAsync(CancellationToken cancellationToken)
    {
        var names = (await stores.Main.GetAsync<Roster>(RosterKey, cancellationToken))?.Value.Names ?? [];
        var beats = await stores.Main.GetManyAsync<Heartbeat>([.. names.Select(BeatKey)], cancellationToken);
        var now = time.GetTimestamp();
        // After a gap in watching, every counter gets its full 3 s again.
        var gap = _lastRound != 0 && time.GetElapsedTime(_lastRound) > DeadAfter;
        if (gap)
            _asked.Clear();
        foreach (var name in names)
        {
            if (!beats.TryGetValue(BeatKey(name), out var beat))
                continue;
            var before = _seen.GetValueOrDefault(name);
            var moved = gap || before is null || before.Counter != beat.Value.Counter || before.Epoch != beat.Value.Epoch;
            if (moved)
                _seen[name] = new Seen(beat.Value.Epoch, beat.Value.Counter, now, Ended(before, beat.Value.Epoch));
        }
        _lastRound = now;
    }

    private static IReadOnlyList<string> Ended(Seen? before, string epoch) =>
        before is null ? [] : before.Epoch == epoch ? before.Ended : [.. before.Ended.TakeLast(MaxEnded - 1), before.Epoch];

    private string BeatKey(string name) => $"replicas/{identity.AppId}/{name}";

    [LoggerMessage(LogLevel.Warning, "Heartbeat not written: {Cause}")]
    private static partial void BeatFailed(ILogger logger, string cause);

    private sealed record Roster(IReadOnlyList<string> Names);

    private sealed record Heartbeat(string Epoch, long Counter);

    private sealed record Seen(string Epoch, long Counter, long ChangedAt, IReadOnlyList<string> Ended);
}
