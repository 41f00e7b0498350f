using Agents.Contracts;
using Agents.Defaults.Identity;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Paging;
using Agents.Defaults.State;

namespace Agents.Conversation.Keys;

/// <summary>Key records, <c>key/{id}</c>: the id inside a key leads to its record, so no index by hash is needed.</summary>
internal sealed class KeyStore(Stores stores, LedgerSet ledgers, TimeProvider time, IConfiguration configuration) : IKeySource
{
    // The key of the operator's environment: an admin key of tenant 'default' that needs no record.
    private readonly string? _operatorHash = configuration["AGENTS_API_KEY"] is { Length: > 0 } key ? KeyFormat.Hash(key) : null;

    public async Task<AuthenticatedKey?> FindAsync(AuthenticateKey key, CancellationToken cancellationToken)
    {
        if (_operatorHash is not null && key.Hash == _operatorHash)
            return new AuthenticatedKey("operator", Caller.OperatorTenant, [Scopes.Admin]);
        if (key.KeyId is null || (await stores.Main.GetAsync<KeyRecord>(Key(key.KeyId), cancellationToken))?.Value is not { } record)
            return null;
        return record.Accepts(key.Hash, time.GetUtcNow()) ? record.ToAuthenticated() : null;
    }

    /// <summary>Makes a key. Making it again under the same id gives it another secret: the one before was never shown.</summary>
    public async Task<ApiKey> CreateAsync(string id, string tenant, string name, IReadOnlyList<string> scopes, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        var key = KeyFormat.New(id);
        var record = new KeyRecord(id, tenant, name, scopes, KeyFormat.Hash(key), time.GetUtcNow(), expiresAt);
        if (!await List(tenant).AddOnceAsync(id, () => stores.Main.TryCreateAsync(Key(id), record, cancellationToken), cancellationToken))
            await stores.Main.PutAsync(Key(id), record, cancellationToken);
        return ApiKey.From(record, key);
    }

    public async Task<KeyRecord?> GetAsync(string id, CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<KeyRecord>(Key(id), cancellationToken))?.Value;

    /// <summary>A new secret under the same id; the old one goes on working for <paramref name="overlap"/>.</summary>
    /// <param name="rotation">Rotating again under the same one replaces the secret that was never shown, not the old one.</param>
    public async Task<ApiKey?> RotateAsync(string id, string rotation, TimeSpan overlap, CancellationToken cancellationToken)
    {
        var key = KeyFormat.New(id);
        var changed = await stores.Main.UpdateAsync<KeyRecord>(
            Key(id), record => record?.Rotate(KeyFormat.Hash(key), time.GetUtcNow() + overlap, rotation), cancellationToken);
        return changed is null ? null : ApiKey.From(changed, key);
    }

    public async Task<ApiKey?> RevokeAsync(string id, CancellationToken cancellationToken)
    {
        var changed = await stores.Main.UpdateAsync<KeyRecord>(Key(id), record => record?.Revoke(time.GetUtcNow()), cancellationToken);
        return changed is null ? null : ApiKey.From(changed);
    }

    public Task<Page<ApiKey>> PageAsync(string tenant, PageQuery query, CancellationToken cancellationToken) =>
        List(tenant).PageAsync(query, LoadAsync, key => key.Id, cancellationToken);

    private async Task<IReadOnlyList<ApiKey>> LoadAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        [.. (await stores.Main.GetManyAsync<KeyRecord>([.. ids.Select(Key)], cancellationToken)).Values.Select(record => ApiKey.From(record.Value))];

    private Listing List(string tenant) => new(ledgers.Get<string>($"keys/{tenant}"));

    private static string Key(string id) => $"key/{id}";
}
