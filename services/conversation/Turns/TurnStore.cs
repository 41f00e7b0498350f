using Agents.Conversation.Sessions;
using Agents.Conversation.Turns.Logs;
using Agents.Defaults.Api;
using Agents.Defaults.Paging;
using Agents.Defaults.State;

namespace Agents.Conversation.Turns;

/// <summary>
/// Turn records, <c>turn/{tenant}/{session}/{id}</c> in the session store: the turn as it was accepted, and once settled as it ended.
/// Until it is settled its log says where it stands.
/// </summary>
internal sealed class TurnStore(Stores stores, TurnLogs logs)
{
    public const string Prefix = "turn";

    private const int AtOnce = 100;

    public Task PutAsync(SessionRecord session, Turn turn, CancellationToken cancellationToken) =>
        stores.Sessions.PutAsync(Key(session, turn.Id), turn, cancellationToken, session.RecordTtl);

    /// <summary>Changes a turn's record; <paramref name="change"/> returns null to leave it. Never brings a deleted one back.</summary>
    public Task<Turn?> UpdateAsync(SessionRecord session, string id, Func<Turn, Turn?> change, CancellationToken cancellationToken) =>
        stores.Sessions.UpdateAsync<Turn>(
            Key(session, id), current => current is null ? null : change(current), cancellationToken, session.RecordTtl);

    /// <summary>The record as it is; null when there is none.</summary>
    public async Task<Turn?> GetAsync(SessionRecord session, string id, CancellationToken cancellationToken) =>
        Ids.IsValid(Prefix, id) ? (await stores.Sessions.GetAsync<Turn>(Key(session, id), cancellationToken))?.Value : null;

    /// <summary>The turn as of now.</summary>
    public async Task<Turn?> FindAsync(SessionRecord session, string id, CancellationToken cancellationToken) =>
        await GetAsync(session, id, cancellationToken) is { } turn ? await CurrentAsync(session, turn, cancellationToken) : null;

    /// <summary>Turns as of now, in the order asked for.</summary>
    public async Task<IReadOnlyList<Turn>> ManyAsync(SessionRecord session, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var turns = new List<Turn>(ids.Count);
        foreach (var some in ids.Chunk(AtOnce))
        {
            var found = await stores.Sessions.GetManyAsync<Turn>([.. some.Select(id => Key(session, id))], cancellationToken);
            foreach (var id in some)
            {
                if (found.TryGetValue(Key(session, id), out var record))
                    turns.Add(await CurrentAsync(session, record.Value, cancellationToken));
            }
        }
        return turns;
    }

    /// <summary>A page of the session's turns.</summary>
    public async Task<Page<Turn>> PageAsync(SessionRecord session, PageQuery query, CancellationToken cancellationToken)
    {
        var ordered = query.Ascending ? session.Turns : [.. session.Turns.Reverse()];
        var rest = query.After is null ? ordered : [.. ordered.SkipWhile(turn => turn != query.After).Skip(1)];
        var wanted = rest.Take(query.Size).ToList();
        return new Page<Turn>(
            await ManyAsync(session, wanted, cancellationToken), wanted.FirstOrDefault(), wanted.LastOrDefault(), rest.Count > wanted.Count);
    }

    /// <summary>Gives records their full time to live again.</summary>
    public async Task RenewAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        foreach (var id in session.Turns)
            await UpdateAsync(session, id, turn => turn, cancellationToken);
    }

    /// <summary>Removes the record of a turn that no session names, unless the same turn has been asked for again meanwhile.</summary>
    public async Task ForgetAsync(SessionRecord session, Turn turn, CancellationToken cancellationToken)
    {
        var key = Key(session, turn.Id);
        if (await stores.Sessions.GetAsync<Turn>(key, cancellationToken) is { } stored && stored.Value.CreatedAt == turn.CreatedAt)
            await stores.Sessions.TryDeleteAsync(key, stored.ETag, cancellationToken);
    }

    /// <summary>Removes a turn with its log.</summary>
    public async Task DeleteAsync(SessionRecord session, string id, CancellationToken cancellationToken)
    {
        await logs.Get(session, id).DeleteAsync(cancellationToken);
        await stores.Sessions.DeleteAsync(Key(session, id), cancellationToken);
    }

    private async Task<Turn> CurrentAsync(SessionRecord session, Turn turn, CancellationToken cancellationToken)
    {
        if (turn.Ended)
            return turn;
        if (session.Queue.Contains(turn.Id))
            return turn with { Status = TurnStatus.Queued };
        return TurnFold.Apply(turn with { Status = TurnStatus.Running }, await logs.ReadAsync(session, turn.Id, cancellationToken));
    }

    private static string Key(SessionRecord session, string id) => $"turn/{session.Tenant}/{session.Id}/{id}";
}
