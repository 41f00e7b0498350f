using System.Collections.Concurrent;
using Agents.Conversation.Sessions;
using Agents.Defaults.Replicas;

namespace Agents.Conversation.Turns.Running;

/// <summary>
/// Sees to it that no session is left to a replica that is gone: looks twice a second for lives that have ended, and takes over what
/// they worked on. Of several replicas that do so at once, one gets each session.
/// </summary>
internal sealed partial class Takeovers(
    OwnedSessions owned, SessionStore sessions, SessionRemoval removal, SessionFacts facts, TurnLoops loops, LiveTurns live, ReplicaMonitor replicas, TimeProvider time,
    ILogger<Takeovers> logger) : BackgroundService
{
    private const int AtOnce = 16;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    // A life that is only paused comes back to its list; only after this is it no longer looked at.
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(10);

    // What was looked at is looked at again after this: a life that was paused may have had a change under way.
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(10);

    private readonly Dictionary<ReplicaId, Life> _ended = [];

    /// <summary>Takes a session over if its holder is gone. True when it is now ours.</summary>
    public async Task<bool> TryAsync(SessionKey key, CancellationToken cancellationToken)
    {
        if (await sessions.GetAsync(key, cancellationToken) is not { } session)
            return false;
        if (session is { Deleted: true, Turns.Count: > 0 })
        {
            await removal.FinishAsync(session, cancellationToken);
            return false;
        }
        // One that names us although nobody here answers it: we took it over, and the store's answer was lost.
        if (session.Running is not { } running
            || (running.Owner == replicas.Self ? live.Find(running.Id) is not null : replicas.IsAlive(running.Owner)))
        {
            return false;
        }
        await owned.AddAsync(key, cancellationToken);
        var ours = false;
        try
        {
            var after = await sessions.UpdateAsync(
                session,
                current =>
                {
                    ours = current.Running == running;
                    return ours ? current with { Running = running with { Owner = replicas.Self } } : null;
                },
                cancellationToken);
            ours &= after is not null;
            if (ours)
                loops.GoOn(after!, running.Id);
            return ours;
        }
        finally
        {
            if (!ours)
                owned.Remove(key);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // A store that is away; the next look comes soon.
                NotLooked(logger, exception.GetType().Name);
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var lives = await owned.LivesAsync(cancellationToken);
        await owned.StayEnrolledAsync(lives, cancellationToken);
        foreach (var back in _ended.Keys.Where(life => !lives.Contains(life) || replicas.IsAlive(life)).ToList())
            _ended.Remove(back);
        foreach (var life in lives.Where(life => !replicas.IsAlive(life)))
            await TakeOverAsync(life, cancellationToken);
        var over = _ended.Where(life => time.GetElapsedTime(life.Value.Since) > Forgotten).Select(life => life.Key).ToList();
        if (over.Count > 0)
            await owned.ForgetAsync(over, cancellationToken);
    }

    private async Task TakeOverAsync(ReplicaId life, CancellationToken cancellationToken)
    {
        if (!_ended.TryGetValue(life, out var seen))
            _ended[life] = seen = new Life(time.GetTimestamp());
        if (time.GetElapsedTime(seen.LookedAt) > Again)
        {
            seen.LookedAt = time.GetTimestamp();
            seen.Done.Clear();
        }
        var open = (await owned.OfAsync(life, cancellationToken)).Where(session => !seen.Done.Contains(session)).ToArray();
        if (open.Length == 0)
            return;
        // Each replica begins elsewhere, so that they share the work.
        Random.Shared.Shuffle(open);
        var taken = 0;
        await Parallel.ForEachAsync(
            open,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (session, token) =>
            {
                if (await TryAsync(session, token))
                    Interlocked.Increment(ref taken);
                await TellAsync(seen, session, token);
            });
        foreach (var session in open)
            seen.Done.Add(session);
        if (taken > 0)
            Taken(logger, taken, life.Name);
    }

    private async Task TellAsync(Life life, SessionKey key, CancellationToken cancellationToken)
    {
        if (life.Told.ContainsKey(key))
            return;
        if (await sessions.GetAsync(key, cancellationToken) is { Deleted: false } session)
            await facts.TellAgainAsync(session, cancellationToken);
        life.Told[key] = true;
    }

    [LoggerMessage(LogLevel.Warning, "Took over {Count} sessions of {Replica}, which is gone")]
    private static partial void Taken(ILogger logger, int count, string replica);

    [LoggerMessage(LogLevel.Warning, "Replicas that are gone were not looked after: {Cause}")]
    private static partial void NotLooked(ILogger logger, string cause);

    private sealed record Life(long Since)
    {
        public HashSet<SessionKey> Done { get; } = [];

        /// <summary>Whose facts were told again.</summary>
        public ConcurrentDictionary<SessionKey, bool> Told { get; } = new();

        public long LookedAt { get; set; } = Since;
    }
}
