using System.Collections.Concurrent;
using Agents.Defaults.State;

namespace Agents.Defaults.Replicas;

/// <summary>
/// Who is alive among the replicas of this app, and of those that are watched besides. Each replica renews one counter a second; whoever has seen the same counter for
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

    // A replica that has not beaten for so long leaves its roster.
    private static readonly TimeSpan BeatKept = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, bool> _watched = new(StringComparer.Ordinal) { [identity.AppId] = true };
    private readonly ConcurrentDictionary<string, Seen> _seen = new(StringComparer.Ordinal);

    // When somebody first asked about a life that has not been seen.
    private readonly ConcurrentDictionary<ReplicaId, long> _asked = new();
    private long _lastRound;
    private long _counter;
    private bool _enrolled;

    /// <summary>This replica.</summary>
    public ReplicaId Self { get; } = new(identity.Replica, identity.Epoch);

    /// <summary>Watches the replicas of another app, too. Names of replicas are unique in all of them.</summary>
    public void Watch(string appId) => _watched[appId] = true;

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
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
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
        await stores.Main.PutAsync(BeatKey(identity.AppId, Self.Name), new Heartbeat(Self.Epoch, ++_counter), cancellationToken, BeatKept);
        if (!_enrolled)
            await EnrolAsync(cancellationToken);
        _enrolled = true;
        await ObserveAsync(cancellationToken);
    }

    private async Task EnrolAsync(CancellationToken cancellationToken)
    {
        // Names of pods that are long gone would be asked for every second, for ever.
        var known = (await stores.Main.GetAsync<Roster>(RosterKey(identity.AppId), cancellationToken))?.Value.Names ?? [];
        var beats = await stores.Main.GetManyAsync<Heartbeat>([.. known.Select(name => BeatKey(identity.AppId, name))], cancellationToken);
        var gone = known.Where(name => !beats.ContainsKey(BeatKey(identity.AppId, name))).ToHashSet();
        await stores.Main.UpdateAsync<Roster>(
            RosterKey(identity.AppId),
            roster => new Roster([.. (roster?.Names ?? []).Where(name => name != Self.Name && !gone.Contains(name)), Self.Name]),
            cancellationToken);
    }

    private async Task ObserveAsync(CancellationToken cancellationToken)
    {
        var apps = _watched.Keys.ToList();
        var rosters = await stores.Main.GetManyAsync<Roster>([.. apps.Select(RosterKey)], cancellationToken);
        // Who came back just when another one tidied the roster enrols again.
        _enrolled = rosters.GetValueOrDefault(RosterKey(identity.AppId))?.Value.Names.Contains(Self.Name) == true;
        var keys = apps.SelectMany(app => (rosters.GetValueOrDefault(RosterKey(app))?.Value.Names ?? []).Select(name => (Name: name, Key: BeatKey(app, name)))).ToList();
        var beats = await stores.Main.GetManyAsync<Heartbeat>([.. keys.Select(beat => beat.Key)], cancellationToken);
        var now = time.GetTimestamp();
        // After a gap in watching, every counter gets its full 3 s again.
        var gap = _lastRound != 0 && time.GetElapsedTime(_lastRound) > DeadAfter;
        if (gap)
            _asked.Clear();
        foreach (var (name, key) in keys)
        {
            if (!beats.TryGetValue(key, out var beat))
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

    private static string RosterKey(string app) => $"replicas/{app}";

    private static string BeatKey(string app, string name) => $"replicas/{app}/{name}";

    [LoggerMessage(LogLevel.Warning, "Heartbeat not written: {Cause}")]
    private static partial void BeatFailed(ILogger logger, string cause);

    private sealed record Roster(IReadOnlyList<string> Names);

    private sealed record Heartbeat(string Epoch, long Counter);

    private sealed record Seen(string Epoch, long Counter, long ChangedAt, IReadOnlyList<string> Ended);
}
