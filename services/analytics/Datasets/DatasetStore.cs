using System.Globalization;
using Agents.Analytics.Batches;
using Agents.Contracts;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Paging;
using Agents.Defaults.State;

namespace Agents.Analytics.Datasets;

/// <summary>Datasets, and which turns are in them.</summary>
internal sealed class DatasetStore(Stores stores, LedgerSet ledgers)
{
    public const string Prefix = "data";

    /// <summary>Turns of a page.</summary>
    public const int PageSize = 500;

    /// <summary>Datasets that are being made.</summary>
    public OpenWork Open { get; } = new(stores, "datasets/open");

    /// <summary>Keeps a dataset, and sees to it that somebody makes it.</summary>
    /// <returns>False when too many are being made.</returns>
    public async Task<bool> CreateAsync(string tenant, Dataset dataset, CancellationToken cancellationToken)
    {
        if (!await Open.AddAsync(new WorkPlace(tenant, dataset.Id), cancellationToken))
            return false;
        await List(tenant).AddOnceAsync(
            dataset.Id, () => stores.Main.TryCreateAsync(Key(tenant, dataset.Id), dataset, cancellationToken), cancellationToken);
        return true;
    }

    public async Task<Dataset?> GetAsync(string tenant, string id, CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<Dataset>(Key(tenant, id), cancellationToken))?.Value;

    public Task<Page<Dataset>> PageAsync(string tenant, PageQuery query, CancellationToken cancellationToken) =>
        List(tenant).PageAsync(query, (ids, token) => ManyAsync(tenant, ids, token), dataset => dataset.Id, cancellationToken);

    /// <summary>Notes what is in a dataset. Who died on the way is followed by one who writes all of it again.</summary>
    public async Task FillAsync(string tenant, Dataset dataset, IReadOnlyList<TurnPlace> turns, bool hasMore, CancellationToken cancellationToken)
    {
        foreach (var (page, some) in turns.Chunk(PageSize).Index())
            await stores.Main.PutAsync(PageKey(tenant, dataset.Id, page), some, cancellationToken);
        await stores.Main.UpdateAsync<Dataset>(
            Key(tenant, dataset.Id),
            current => current is not { Status: DatasetStatus.Choosing } ? null : current with { Status = DatasetStatus.Ready, Turns = turns.Count, HasMore = hasMore },
            cancellationToken);
    }

    public async Task<IReadOnlyList<TurnPlace>> TurnsAsync(string tenant, string id, int page, CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<IReadOnlyList<TurnPlace>>(PageKey(tenant, id, page), cancellationToken))?.Value ?? [];

    public async Task DeleteAsync(string tenant, Dataset dataset, CancellationToken cancellationToken)
    {
        for (var page = 0; page * PageSize < dataset.Turns; page++)
            await stores.Main.DeleteAsync(PageKey(tenant, dataset.Id, page), cancellationToken);
        await stores.Main.DeleteAsync(Key(tenant, dataset.Id), cancellationToken);
    }

    private async Task<IReadOnlyList<Dataset>> ManyAsync(string tenant, IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        [.. (await stores.Main.GetManyAsync<Dataset>([.. ids.Select(id => Key(tenant, id))], cancellationToken)).Values.Select(record => record.Value)];

    private Listing List(string tenant) => new(ledgers.Get<string>($"datasets/of/{tenant}"));

    private static string Key(string tenant, string id) => $"datasets/of/{tenant}/{id}";

    private static string PageKey(string tenant, string id, int page) => string.Create(CultureInfo.InvariantCulture, $"datasets/of/{tenant}/{id}/{page}");
}
