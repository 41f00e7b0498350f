using System.Globalization;
using Agents.Analytics.Archive;
using Agents.Analytics.Figures;
using Agents.Defaults.Api;
using Agents.Defaults.Ledgers;
using Agents.Defaults.State;

namespace Agents.Analytics.Folding;

/// <summary>
/// Where figures lie. Anybody reads; only the holder of a shard's lease writes, under the fence of that lease, and because figures are a
/// fold of the archive, writing again is always right.
/// </summary>
internal sealed class FigureStore(Stores stores, LedgerSet ledgers)
{
    /// <summary>Tenants are folded in so many shards, each by one replica.</summary>
    public const int Shards = 8;

    private const int MaxKeys = 500;
    private const int AtOnce = 4;

    // Longer than an event may be late, so that a minute can be opened again.
    private static readonly TimeSpan MinutesKept = Envelope.MaxBehind + TimeSpan.FromDays(10);
    private static readonly TimeSpan HoursKept = EventArchive.Kept;
    private static readonly TimeSpan DaysKept = 3 * EventArchive.Kept;

    public static int ShardOf(string tenant) => Ids.Hash(tenant)[0] % Shards;

    /// <summary>The tenants of a shard, in order of appearance; one may be there twice.</summary>
    public Ledger<string> Tenants(int shard) => ledgers.Get<string>(string.Create(CultureInfo.InvariantCulture, $"figures/tenants/{shard}"));

    public async Task<ShardRecord?> ShardAsync(int shard, CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<ShardRecord>(ShardKey(shard), cancellationToken))?.Value;

    /// <returns>What is stored afterwards.</returns>
    public async Task<ShardRecord> UpdateShardAsync(int shard, Func<ShardRecord?, ShardRecord?> change, CancellationToken cancellationToken) =>
        (await stores.Main.UpdateAsync(ShardKey(shard), change, cancellationToken))!;

    public async Task<TenantRecord> TenantAsync(string tenant, CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<TenantRecord>(TenantKey(tenant), cancellationToken))?.Value ?? TenantRecord.Empty;

    public async Task<IReadOnlyDictionary<string, TenantRecord>> TenantsAsync(IReadOnlyCollection<string> tenants, CancellationToken cancellationToken) =>
        (await ManyAsync<TenantRecord>([.. tenants.Select(TenantKey)], cancellationToken)) is var found
            ? tenants.ToDictionary(tenant => tenant, tenant => found.GetValueOrDefault(TenantKey(tenant)) ?? TenantRecord.Empty)
            : [];

    /// <exception cref="FoldFencedException">Written under a newer lease.</exception>
    public Task WriteAsync(string tenant, TenantRecord record, CancellationToken cancellationToken) =>
        WriteAsync(TenantKey(tenant), record, current => current.Fence, record.Fence, null, cancellationToken);

    public async Task<MinuteRecord?> MinuteAsync(string tenant, Block minute, CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<MinuteRecord>(Key(tenant, minute), cancellationToken))?.Value;

    /// <exception cref="FoldFencedException">Written under a newer lease.</exception>
    public Task WriteAsync(string tenant, Block minute, MinuteRecord record, CancellationToken cancellationToken) =>
        WriteAsync(Key(tenant, minute), record, current => current.Fence, record.Fence, MinutesKept, cancellationToken);

    /// <summary>Writes the figures of an hour or a day.</summary>
    /// <exception cref="FoldFencedException">Written under a newer lease.</exception>
    public Task WriteAsync(string tenant, Block block, Tally tally, long fence, CancellationToken cancellationToken) => Task.WhenAll(
        tally.Cells.Keys.Select(cell => cell.Dimension).Distinct().Select(dimension => WriteAsync(
            Key(tenant, block, dimension), new BlockRecord(fence, StoredTally.Of(tally, [dimension])), current => current.Fence, fence,
            block.Grain == Grain.Day ? DaysKept : HoursKept, cancellationToken)));

    /// <summary>Writes what became of sessions in a block, the first page last: it says how many there are.</summary>
    /// <exception cref="FoldFencedException">Written under a newer lease.</exception>
    public async Task WriteCasesAsync(string tenant, Block block, Tally tally, long fence, CancellationToken cancellationToken)
    {
        var pages = tally.Cases.Select(part => StoredCase.Of(part.Key, part.Value)).Chunk(CasePage.Size).ToList();
        for (var page = pages.Count - 1; page >= 0; page--)
        {
            await WriteAsync(
                CasesKey(tenant, block, page), new CasePage(fence, pages.Count, pages[page]), current => current.Fence, fence,
                block.Grain switch { Grain.Minute => MinutesKept, Grain.Hour => HoursKept, _ => DaysKept }, cancellationToken);
        }
    }

    /// <summary>What became of sessions in some blocks, and what they cost.</summary>
    public async Task ReadCasesAsync(string tenant, IReadOnlyCollection<Block> blocks, Tally into, CancellationToken cancellationToken)
    {
        var first = await ManyAsync<CasePage>([.. blocks.Select(block => CasesKey(tenant, block, 0))], cancellationToken);
        var rest = blocks.SelectMany(block => first.GetValueOrDefault(CasesKey(tenant, block, 0)) is { } page
            ? Enumerable.Range(1, page.Pages - 1).Select(number => CasesKey(tenant, block, number)) : []).ToList();
        foreach (var part in first.Values.Concat((await ManyAsync<CasePage>(rest, cancellationToken)).Values).SelectMany(page => page.Cases))
            part.AddTo(into);
    }

    /// <summary>The figures of blocks, added up as the caller says.</summary>
    /// <param name="into">The tally that a block adds to.</param>
    public async Task ReadAsync(
        string tenant, IReadOnlyCollection<Block> blocks, IReadOnlyCollection<Dimension> dimensions, Func<Block, Tally> into, CancellationToken cancellationToken)
    {
        var minutes = blocks.Where(block => block.Grain == Grain.Minute).Select(block => (Block: block, Key: Key(tenant, block))).ToList();
        var longer = blocks.Where(block => block.Grain != Grain.Minute)
            .SelectMany(block => dimensions.Select(dimension => (Block: block, Key: Key(tenant, block, dimension)))).ToList();
        var (ofMinutes, ofLonger) = (
            await ManyAsync<MinuteRecord>([.. minutes.Select(minute => minute.Key)], cancellationToken),
            await ManyAsync<BlockRecord>([.. longer.Select(block => block.Key)], cancellationToken));
        foreach (var (block, key) in minutes)
            ofMinutes.GetValueOrDefault(key)?.Tally.AddTo(into(block), dimensions);
        foreach (var (block, key) in longer)
            ofLonger.GetValueOrDefault(key)?.Tally.AddTo(into(block), dimensions);
    }

    private async Task<IReadOnlyDictionary<string, T>> ManyAsync<T>(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var found = new System.Collections.Concurrent.ConcurrentDictionary<string, T>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(keys.Chunk(MaxKeys), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (some, token) =>
        {
            foreach (var (key, record) in await stores.Main.GetManyAsync<T>(some, token))
                found[key] = record.Value;
        });
        return found;
    }

    private async Task WriteAsync<T>(string key, T record, Func<T, long> fenceOf, long fence, TimeSpan? ttl, CancellationToken cancellationToken)
        where T : class => await stores.Main.UpdateAsync<T>(
            key, current => current is not null && fenceOf(current) > fence ? throw new FoldFencedException() : record, cancellationToken, ttl);

    private static string ShardKey(int shard) => string.Create(CultureInfo.InvariantCulture, $"figures/shards/{shard}");

    private static string TenantKey(string tenant) => $"figures/of/{tenant}";

    private static string CasesKey(string tenant, Block block, int page) => string.Create(CultureInfo.InvariantCulture, $"figures/of/{tenant}/{block}/cases/{page}");

    private static string Key(string tenant, Block block) => $"figures/of/{tenant}/{block}";

    private static string Key(string tenant, Block block, Dimension dimension) => $"figures/of/{tenant}/{block}/{StoredTally.Name(dimension)}";
}
