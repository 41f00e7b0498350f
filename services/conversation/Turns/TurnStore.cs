using Agents.Conversation.Sessions;
using Agents.Defaults.Api;
using Agents.Defaults.Replicas;
using Agents.Defaults.State;

namespace Agents.Conversation.Turns;

/// <summary>A turn and who answers it.</summary>
internal sealed record TurnRecord(Turn Turn, ReplicaId Owner);

/// <summary>Turn records, <c>turn/{tenant}/{session}/{id}</c> in the session store; they live as long as their session.</summary>
internal sealed class TurnStore(Stores stores, SessionStore sessions, ReplicaMonitor replicas, TimeProvider time)
{
    public const string Prefix = "turn";

    public Task PutAsync(SessionRecord session, TurnRecord record, CancellationToken cancellationToken) =>
        stores.Sessions.PutAsync(Key(session, record.Turn.Id), record, cancellationToken, Ttl(session));

    /// <summary>Ends a running turn with <paramref name="ended"/>; when it has ended before, that end stands.</summary>
    /// <returns>The turn as it is stored; null when the session was deleted meanwhile.</returns>
    public async Task<Turn?> EndAsync(SessionRecord session, Turn ended, Exchange? answered, CancellationToken cancellationToken)
    {
        var stored = await stores.Sessions.UpdateAsync<TurnRecord>(
            Key(session, ended.Id),
            current => current?.Turn.Status == TurnStatus.Running ? current with { Turn = ended } : null,
            cancellationToken,
            Ttl(session));
        if (stored is null)
            return null;
        await sessions.UpdateAsync(session, current => current.End(ended.Id, stored.Turn == ended ? answered : null, time.GetUtcNow()), cancellationToken);
        return stored.Turn;
    }

    /// <summary>A turn. One whose replica has died is found failed: nothing runs for ever, and nothing vanishes.</summary>
    public async Task<Turn?> FindAsync(SessionRecord session, string id, CancellationToken cancellationToken)
    {
        if (!Ids.IsValid(Prefix, id) || (await stores.Sessions.GetAsync<TurnRecord>(Key(session, id), cancellationToken))?.Value is not { } record)
            return null;
        return record.Turn.Status == TurnStatus.Running && !replicas.IsAlive(record.Owner)
            ? await EndAsync(session, Cut(record.Turn), null, cancellationToken)
            : record.Turn;
    }

    public async Task<IReadOnlyList<Turn>> ManyAsync(SessionRecord session, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var found = await stores.Sessions.GetManyAsync<TurnRecord>([.. ids.Select(id => Key(session, id))], cancellationToken);
        return [.. found.Values.Select(record => record.Value.Turn).OrderBy(turn => turn.Id, StringComparer.Ordinal)];
    }

    public async Task DeleteAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        foreach (var id in session.Turns)
            await DeleteAsync(session, id, cancellationToken);
    }

    public Task DeleteAsync(SessionRecord session, string id, CancellationToken cancellationToken) =>
        stores.Sessions.DeleteAsync(Key(session, id), cancellationToken);

    private static Turn Cut(Turn turn) => turn with
    {
        Status = TurnStatus.Failed,
        Error = new TurnError("replica_lost", "The replica that answered stopped in the middle; ask again.", Retryable: true),
    };

    private static TimeSpan Ttl(SessionRecord session) => TimeSpan.FromSeconds(session.TtlSeconds);

    private static string Key(SessionRecord session, string id) => $"turn/{session.Tenant}/{session.Id}/{id}";
}
