using System.Collections.Frozen;
using System.Collections.Immutable;
using Agents.Defaults.Errors;
using Agents.Defaults.State;
using Agents.Inference.Deployments;

namespace Agents.Inference.Budgets;

/// <summary>All budgets, in one record.</summary>
internal sealed record BudgetRecord(long Revision, ImmutableDictionary<string, Budget> Budgets)
{
    public static BudgetRecord Empty { get; } = new(0, ImmutableDictionary<string, Budget>.Empty);
}

/// <summary>The budgets as this replica knows them; a change reaches every replica within two seconds.</summary>
internal sealed class BudgetBook(Stores stores)
{
    public const string VersionKey = "gateway/budgets-version";

    /// <summary>Keeps the record below the 256 KB that every store takes.</summary>
    public const int Max = 600;

    private const string Key = "gateway/budgets";
    private volatile Picture _picture = new(BudgetRecord.Empty, FrozenDictionary<string, TenantLimits>.Empty);

    public long Revision => _picture.Record.Revision;

    public IEnumerable<Budget> Budgets => _picture.Record.Budgets.Values;

    public IReadOnlyList<string> Tenants => _picture.ByTenant.Keys;

    public Budget? Find(string id) => _picture.Record.Budgets.GetValueOrDefault(id);

    /// <summary>The meters against which a call counts now.</summary>
    public IReadOnlyList<Meter> Meters(string tenant, string key, string? agent, DateTimeOffset now) =>
        _picture.ByTenant.TryGetValue(tenant, out var limits) ? limits.At(key, agent, now) : [];

    /// <summary>Limits of one budget, for showing what is spent.</summary>
    public IReadOnlyList<Limit> Limits(Budget budget) =>
        _picture.ByTenant.TryGetValue(budget.Tenant, out var limits) ? limits.Of(budget.Id) : [];

    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (await stores.Main.GetAsync<BudgetRecord>(Key, cancellationToken) is { } found)
            Apply(found.Value);
    }

    /// <summary>Changes the record; <paramref name="change"/> may refuse.</summary>
    public async Task<Problem?> ChangeAsync(Func<BudgetRecord, (BudgetRecord?, Problem?)> change, CancellationToken cancellationToken)
    {
        Problem? refusal = null;
        var stored = await stores.Main.UpdateAsync<BudgetRecord>(Key, current =>
        {
            (var next, refusal) = change(current ?? BudgetRecord.Empty);
            return next is null ? null : next with { Revision = next.Revision + 1 };
        }, cancellationToken);
        if (refusal is not null)
            return refusal;
        Apply(stored!);
        await stores.Main.PutAsync(VersionKey, new RegistryVersion(stored!.Revision), cancellationToken);
        return null;
    }

    private void Apply(BudgetRecord record)
    {
        if (record.Revision <= Revision)
            return;
        var byTenant = record.Budgets.Values.GroupBy(budget => budget.Tenant, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => new TenantLimits([.. group.SelectMany(Limit.Of)]), StringComparer.Ordinal);
        _picture = new Picture(record, byTenant);
    }

    private sealed record Picture(BudgetRecord Record, FrozenDictionary<string, TenantLimits> ByTenant);

    private sealed class TenantLimits(IReadOnlyList<Limit> limits)
    {
        public IReadOnlyList<Limit> Of(string budget) => [.. limits.Where(limit => limit.Budget.Id == budget)];

        public List<Meter> At(string key, string? agent, DateTimeOffset now)
        {
            var meters = new List<Meter>(limits.Count);
            foreach (var limit in limits)
            {
                var counts = limit.Budget.Scope switch
                {
                    BudgetScope.Key => limit.Budget.Subject == key,
                    BudgetScope.Agent => limit.Budget.Subject == agent,
                    _ => true,
                };
                if (counts)
                    meters.Add(limit.At(now));
            }
            return meters;
        }
    }
}
