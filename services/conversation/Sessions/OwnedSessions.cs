using Agents.Defaults.Replicas;
using Agents.Defaults.State;

namespace Agents.Conversation.Sessions;

/// <summary>Names a session; <see cref="ToString"/> and <see cref="Parse"/> are each other's inverse.</summary>
internal readonly record struct SessionKey(string Tenant, string Id)
{
    public static SessionKey Of(SessionRecord session) => new(session.Tenant, session.Id);

    public static SessionKey Parse(string text) => new(text[..text.IndexOf('/', StringComparison.Ordinal)], text[(text.IndexOf('/', StringComparison.Ordinal) + 1)..]);

    public override string ToString() => $"{Tenant}/{Id}";
}

/// <summary>
/// Which sessions each life of a replica works on, kept where the others find it when that life ends: written before a session names
/// the replica, so that no turn is ever without somebody who would miss it. Only the replica itself writes its list, a few sessions too
/// many do no harm, and so adding is one plain write, shared by all who wait for it.
/// </summary>
internal sealed class OwnedSessions(Stores stores, ReplicaMonitor replicas)
{
    private const int Shards = 8;
    private const int MaxLives = 500;
    private const string RosterKey = "conversation/lives";
    private static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    private readonly Shard[] _shards = [.. Enumerable.Range(0, Shards).Select(n => new Shard(n))];
    private readonly Lock _gate = new();
    private Task<Roster?>? _enrolled;

    /// <summary>Notes, durably, that this replica works on a session. Each call needs its <see cref="Remove"/>.</summary>
    public async Task AddAsync(SessionKey session, CancellationToken cancellationToken)
    {
        await EnrolledAsync().WaitAsync(cancellationToken);
        Task written;
        var shard = Of(session);
        lock (shard.Gate)
        {
            shard.Sessions[session] = shard.Sessions.GetValueOrDefault(session) + 1;
            written = shard.Next ??= WriteNextAsync(shard);
        }
        try
        {
            await written.WaitAsync(cancellationToken);
        }
        catch (Exception)
        {
            Remove(session);
            throw;
        }
    }

    /// <summary>Notes one more piece of work on a session that is durably noted already. Needs its <see cref="Remove"/> as well.</summary>
    public void Keep(SessionKey session)
    {
        var shard = Of(session);
        lock (shard.Gate)
            shard.Sessions[session] = shard.Sessions.GetValueOrDefault(session) + 1;
    }

    /// <summary>Notes that one piece of work on a session is done. Need not be durable: the next addition writes it.</summary>
    public void Remove(SessionKey session)
    {
        var shard = Of(session);
        lock (shard.Gate)
        {
            if (shard.Sessions.GetValueOrDefault(session) is > 1 and var count)
                shard.Sessions[session] = count - 1;
            else
                shard.Sessions.Remove(session);
        }
    }

    /// <summary>Lives of replicas that worked on sessions, this one included once it has.</summary>
    public async Task<IReadOnlyList<ReplicaId>> LivesAsync(CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<Roster>(RosterKey, cancellationToken))?.Value.Lives ?? [];

    /// <summary>What a life has worked on, as far as it noted.</summary>
    public async Task<IReadOnlyList<SessionKey>> OfAsync(ReplicaId life, CancellationToken cancellationToken)
    {
        var keys = Enumerable.Range(0, Shards).Select(shard => Key(life, shard)).ToList();
        var found = await stores.Main.GetManyAsync<IReadOnlyList<string>>(keys, cancellationToken);
        return [.. found.Values.SelectMany(record => record.Value).Select(SessionKey.Parse)];
    }

    /// <summary>Forgets lives that are over and of which nothing is left to do.</summary>
    public Task ForgetAsync(IReadOnlyCollection<ReplicaId> lives, CancellationToken cancellationToken) => stores.Main.UpdateAsync<Roster>(
        RosterKey, roster => roster?.Lives.Any(lives.Contains) == true ? new Roster([.. roster.Lives.Except(lives)]) : null, cancellationToken);

    /// <summary>Enrols this life again when others took it for dead: it was only paused.</summary>
    public async Task StayEnrolledAsync(IReadOnlyList<ReplicaId> lives, CancellationToken cancellationToken)
    {
        if (_enrolled is { IsCompletedSuccessfully: true } && !lives.Contains(replicas.Self))
            await EnrolAsync(cancellationToken);
    }

    private Task<Roster?> EnrolledAsync()
    {
        lock (_gate)
        {
            if (_enrolled is null or { IsFaulted: true } or { IsCanceled: true })
                _enrolled = EnrolAsync(CancellationToken.None);
            return _enrolled;
        }
    }

    private Task<Roster?> EnrolAsync(CancellationToken cancellationToken) => stores.Main.UpdateAsync<Roster>(
        RosterKey,
        roster => roster?.Lives.Contains(replicas.Self) == true ? null : new Roster([.. (roster?.Lives ?? []).TakeLast(MaxLives - 1), replicas.Self]),
        cancellationToken);

    // One write at a time per shard; what is added meanwhile waits for the next one together.
    private async Task WriteNextAsync(Shard shard)
    {
        // The caller holds the gate and has yet to note this task as the next write.
        await Task.Yield();
        await shard.Writing.WaitAsync();
        try
        {
            List<string> sessions;
            lock (shard.Gate)
            {
                shard.Next = null;
                sessions = [.. shard.Sessions.Keys.Select(key => key.ToString())];
            }
            await stores.Main.PutAsync(Key(replicas.Self, shard.Number), sessions, CancellationToken.None, Kept);
        }
        finally
        {
            shard.Writing.Release();
        }
    }

    private Shard Of(SessionKey session) => _shards[(uint)string.GetHashCode(session.Id, StringComparison.Ordinal) % Shards];

    private static string Key(ReplicaId life, int shard) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"conversation/owned/{life.Name}/{life.Epoch}/{shard}");

    private sealed record Roster(IReadOnlyList<ReplicaId> Lives);

    private sealed class Shard(int number)
    {
        public int Number => number;

        public Lock Gate { get; } = new();

        public Dictionary<SessionKey, int> Sessions { get; } = [];

        public SemaphoreSlim Writing { get; } = new(1);

        public Task? Next { get; set; }
    }
}
