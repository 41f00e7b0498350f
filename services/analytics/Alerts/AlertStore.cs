using Agents.Defaults.Ledgers;
using Agents.Defaults.State;

namespace Agents.Analytics.Alerts;

/// <summary>The alerts of tenants, and which tenants have rules of their own.</summary>
internal sealed class AlertStore(Stores stores, LedgerSet ledgers)
{
    private readonly Ledger<string> _tenants = ledgers.Get<string>("alerts/tenants");

    public async Task<AlertBook> GetAsync(string tenant, CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<AlertBook>(Key(tenant), cancellationToken))?.Value ?? AlertBook.Empty;

    /// <summary>Compare-and-swap. Null leaves everything as it is.</summary>
    public async Task UpdateAsync(string tenant, Func<AlertBook, AlertBook?> change, CancellationToken cancellationToken) =>
        await stores.Main.UpdateAsync<AlertBook>(Key(tenant), current => change(current ?? AlertBook.Empty), cancellationToken);

    /// <summary>Notes, before its first rule, that a tenant is to be looked after even when nothing happens there.</summary>
    public async Task EnrolAsync(string tenant, CancellationToken cancellationToken)
    {
        if ((await GetAsync(tenant, cancellationToken)).Rules.Count == 0)
            await _tenants.AppendAsync([tenant], cancellationToken);
    }

    /// <summary>Tenants with rules of their own, from a place on; some may be there twice, or have none any more.</summary>
    public async Task<LedgerSlice<string>> TenantsAsync(long from, CancellationToken cancellationToken) => await _tenants.ReadAsync(from, 1_000, cancellationToken);

    private static string Key(string tenant) => $"alerts/of/{tenant}";
}
