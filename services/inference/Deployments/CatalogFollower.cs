using Agents.Defaults.State;
using Agents.Inference.Budgets;
using Agents.Inference.Cache;

namespace Agents.Inference.Deployments;

/// <summary>
/// Keeps this replica's copies fresh: once a second it asks for a few small version keys, all at once, and fetches only what changed.
/// </summary>
internal sealed partial class CatalogFollower(
    Stores stores, Catalog catalog, BudgetBook budgets, CachePurges purges, TimeProvider time, ILogger<CatalogFollower> logger) : BackgroundService
{
    public const string VersionKey = "gateway/registry-version";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await FollowAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is Dapr.DaprException or HttpRequestException)
            {
                // The copies stay as they are, and the next second tries again.
                Stale(logger, exception.GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var versions = await stores.Main.GetManyAsync<RegistryVersion>(
            [VersionKey, BudgetBook.VersionKey, CachePurges.VersionKey], cancellationToken);
        if (Revision(VersionKey) > catalog.Registry.Revision
            && await stores.Main.GetAsync<RegistryRecord>(RegistryRecord.Key, cancellationToken) is { } registry)
        {
            catalog.Apply(registry.Value);
        }
        if (Revision(BudgetBook.VersionKey) > budgets.Revision)
            await budgets.ReadAsync(cancellationToken);
        if (Revision(CachePurges.VersionKey) > purges.Revision)
            await purges.ReadAsync(cancellationToken);

        long Revision(string key) => versions.GetValueOrDefault(key)?.Value.Revision ?? 0;
    }

    [LoggerMessage(LogLevel.Warning, "The gateway's copies could not be refreshed: {Cause}")]
    private static partial void Stale(ILogger logger, string cause);
}
