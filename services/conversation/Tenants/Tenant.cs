using Agents.Defaults.Api;
using Agents.Defaults.Identity;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Paging;
using Agents.Defaults.State;

namespace Agents.Conversation.Tenants;

/// <summary>A customer of this installation: nothing of one tenant is ever visible to another.</summary>
/// <param name="Id"><c>tenant_...</c>, or <c>default</c> for the operator's own.</param>
/// <param name="CreatedAt">UTC.</param>
public sealed record Tenant(string Id, string Name, DateTimeOffset CreatedAt);

/// <summary>Tenant records: <c>tenant/{id}</c>. The operator's tenant exists without one.</summary>
internal sealed class TenantStore(Stores stores, LedgerSet ledgers, TimeProvider time)
{
    public const string Prefix = "tenant";

    private readonly Listing _list = new(ledgers.Get<string>("tenants"));

    public static Tenant Operator { get; } = new(Caller.OperatorTenant, "Operator", DateTimeOffset.UnixEpoch);

    /// <summary>Makes a tenant. Making it again under the same id changes nothing.</summary>
    public async Task<Tenant> CreateAsync(string id, string name, CancellationToken cancellationToken)
    {
        var tenant = new Tenant(id, name, time.GetUtcNow());
        var created = await _list.AddOnceAsync(id, () => stores.Main.TryCreateAsync(Key(id), tenant, cancellationToken), cancellationToken);
        return created ? tenant : await FindAsync(id, cancellationToken) ?? tenant;
    }

    public async Task<Tenant?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (id == Operator.Id)
            return Operator;
        return Ids.IsValid(Prefix, id) ? (await stores.Main.GetAsync<Tenant>(Key(id), cancellationToken))?.Value : null;
    }

    public Task<Page<Tenant>> PageAsync(PageQuery query, CancellationToken cancellationToken) =>
        _list.PageAsync(query, LoadAsync, tenant => tenant.Id, cancellationToken);

    private async Task<IReadOnlyList<Tenant>> LoadAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        [.. (await stores.Main.GetManyAsync<Tenant>([.. ids.Select(Key)], cancellationToken)).Values.Select(record => record.Value)];

    private static string Key(string id) => $"tenant/{id}";
}
