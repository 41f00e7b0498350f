using Agents.Defaults.Api;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Paging;
using Agents.Defaults.State;

namespace Agents.Conversation.Sessions;

/// <summary>Session records, <c>session/{tenant}/{id}</c> in the session store. Each write renews the idle time to live.</summary>
internal sealed class SessionStore(Stores stores, LedgerSet ledgers)
{
    public const string Prefix = "sess";

    public async Task CreateAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        await List(session.Tenant).AddAsync(session.Id, cancellationToken);
        await stores.Sessions.PutAsync(Key(session.Tenant, session.Id), session, cancellationToken, Ttl(session));
    }

    public async Task<SessionRecord?> FindAsync(string tenant, string id, CancellationToken cancellationToken) =>
        Ids.IsValid(Prefix, id) ? (await stores.Sessions.GetAsync<SessionRecord>(Key(tenant, id), cancellationToken))?.Value : null;

    /// <summary>Compare-and-swap; <paramref name="change"/> returns null to leave the session as it is.</summary>
    /// <returns>The session afterwards; null when there is none.</returns>
    public async Task<SessionRecord?> UpdateAsync(SessionRecord session, Func<SessionRecord, SessionRecord?> change, CancellationToken cancellationToken) =>
        await stores.Sessions.UpdateAsync<SessionRecord>(
            Key(session.Tenant, session.Id), current => current is null ? null : change(current), cancellationToken, Ttl(session));

    public Task DeleteAsync(SessionRecord session, CancellationToken cancellationToken) =>
        stores.Sessions.DeleteAsync(Key(session.Tenant, session.Id), cancellationToken);

    public Task<Page<SessionRecord>> PageAsync(string tenant, PageQuery query, CancellationToken cancellationToken) =>
        List(tenant).PageAsync(query, (ids, token) => LoadAsync(tenant, ids, token), session => session.Id, cancellationToken);

    private async Task<IReadOnlyList<SessionRecord>> LoadAsync(string tenant, IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        [.. (await stores.Sessions.GetManyAsync<SessionRecord>([.. ids.Select(id => Key(tenant, id))], cancellationToken)).Values.Select(record => record.Value)];

    private Listing List(string tenant) => new(ledgers.Get<string>($"sessions/{tenant}"));

    private static TimeSpan Ttl(SessionRecord session) => TimeSpan.FromSeconds(session.TtlSeconds);

    private static string Key(string tenant, string id) => $"session/{tenant}/{id}";
}
