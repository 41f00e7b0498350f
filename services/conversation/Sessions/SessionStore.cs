using Agents.Defaults.Api;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Paging;
using Agents.Defaults.State;

namespace Agents.Conversation.Sessions;

/// <summary>Session records, <c>session/{tenant}/{id}</c> in the session store. Each write renews the idle time to live.</summary>
internal sealed class SessionStore(Stores stores, LedgerSet ledgers)
{
    public const string Prefix = "sess";

    // So that a session whose idle time equals its time to live is still there to be ended.
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan TombstoneKept = TimeSpan.FromDays(1);

    /// <summary>Opens a session. Opening the same one again changes nothing.</summary>
    public async Task CreateAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        await List(session.Tenant).AddOnceAsync(session.Id, CreateForUserAsync, cancellationToken);

        Task<bool> CreateForUserAsync() => session.User is null
            ? CreateRecordAsync()
            : ListOf(session.Tenant, session.User).AddOnceAsync(session.Id, CreateRecordAsync, cancellationToken);

        Task<bool> CreateRecordAsync() => stores.Sessions.TryCreateAsync(Key(SessionKey.Of(session)), session, cancellationToken, Ttl(session));
    }

    public async Task<SessionRecord?> FindAsync(string tenant, string id, CancellationToken cancellationToken) =>
        Ids.IsValid(Prefix, id) && await GetAsync(new SessionKey(tenant, id), cancellationToken) is { Deleted: false } found ? found : null;

    /// <summary>The record, also of a session that is being deleted.</summary>
    public async Task<SessionRecord?> GetAsync(SessionKey session, CancellationToken cancellationToken) =>
        (await stores.Sessions.GetAsync<SessionRecord>(Key(session), cancellationToken))?.Value;

    /// <summary>Compare-and-swap; <paramref name="change"/> returns null to leave the session as it is, and never sees a deleted one.</summary>
    /// <returns>The session afterwards; null when there is none.</returns>
    public async Task<SessionRecord?> UpdateAsync(SessionRecord session, Func<SessionRecord, SessionRecord?> change, CancellationToken cancellationToken)
    {
        var stored = await stores.Sessions.UpdateAsync<SessionRecord>(
            Key(SessionKey.Of(session)),
            current => current is null or { Deleted: true } ? null : change(current),
            cancellationToken,
            Ttl(session));
        return stored is { Deleted: false } ? stored : null;
    }

    /// <summary>Hides the session; its turns are still named, so that they can be removed.</summary>
    public Task<SessionRecord?> HideAsync(SessionRecord session, CancellationToken cancellationToken) => stores.Sessions.UpdateAsync<SessionRecord>(
        Key(SessionKey.Of(session)), current => current is null or { Deleted: true } ? null : current with { Deleted = true, Running = null, Queue = [] },
        cancellationToken, TombstoneKept);

    /// <summary>Leaves of the session no more than that it was deleted, for a day.</summary>
    public Task BuryAsync(SessionRecord session, CancellationToken cancellationToken) => stores.Sessions.PutAsync(
        Key(SessionKey.Of(session)),
        new SessionRecord(
            session.Id, session.Tenant, "", 0, null, [], new Dictionary<string, string>(), session.TtlSeconds, session.CreatedAt, session.LastActiveAt, [], null, [])
        {
            Deleted = true,
        },
        cancellationToken,
        TombstoneKept);

    /// <summary>A page of the sessions that fit.</summary>
    public Task<Page<SessionRecord>> PageAsync(string tenant, PageQuery query, SessionFilter filter, CancellationToken cancellationToken)
    {
        var list = filter.User is null ? List(tenant) : ListOf(tenant, filter.User);
        return list.PageAsync(query, (ids, token) => LoadAsync(tenant, ids, filter, token), session => session.Id, cancellationToken);
    }

    private async Task<IReadOnlyList<SessionRecord>> LoadAsync(string tenant, IReadOnlyList<string> ids, SessionFilter filter, CancellationToken cancellationToken)
    {
        var found = await stores.Sessions.GetManyAsync<SessionRecord>([.. ids.Distinct().Select(id => Key(new SessionKey(tenant, id)))], cancellationToken);
        return [.. found.Values.Select(record => record.Value).Where(filter.Fits)];
    }

    private Listing List(string tenant) => new(ledgers.Get<string>($"sessions/{tenant}"));

    private Listing ListOf(string tenant, string user) => new(ledgers.Get<string>($"sessions/{tenant}/{Ids.Hash(user)}"));

    private static TimeSpan Ttl(SessionRecord session) => TimeSpan.FromSeconds(session.KeptSeconds) + Grace;

    private static string Key(SessionKey session) => $"session/{session}";
}

/// <summary>Which sessions are wanted; null where it does not matter.</summary>
/// <param name="Metadata">One entry, <c>key:value</c>.</param>
internal sealed record SessionFilter(string? Agent, string? User, string? Status, (string Key, string Value)? Metadata)
{
    public bool Fits(SessionRecord session) => !session.Deleted
        && (Agent is null || session.Agent == Agent)
        && (User is null || session.User == User)
        && (Status is null || session.Status == Status)
        && (Metadata is not { } wanted || session.Metadata.GetValueOrDefault(wanted.Key) == wanted.Value);
}
