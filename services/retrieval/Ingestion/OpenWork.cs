using System.Globalization;
using Agents.Defaults.Errors;
using Agents.Defaults.State;
using Agents.Retrieval.Collections;

namespace Agents.Retrieval.Ingestion;

/// <summary>Something begun that must be brought to its end whatever dies on the way. Written before the first trace of it.</summary>
/// <param name="Document">Absent when a whole collection is being removed.</param>
/// <param name="Upload">The upload to be indexed; absent for a removal.</param>
/// <param name="Since">When it was begun.</param>
/// <param name="NextAt">When its message is to be sent again, unless it is done by then.</param>
internal sealed record OpenItem(
    string Tenant, string Collection, string? Document, string? Upload, DateTimeOffset Since, DateTimeOffset NextAt, int Attempts)
{
    public CollectionKey Key => new(Tenant, Collection);

    public DocumentWork Work => new(Tenant, Collection, Document, Upload);

    public bool IsFor(DocumentWork work) =>
        Tenant == work.Tenant && Collection == work.Collection && Document == work.Document && Upload == work.Upload;
}

/// <summary>
/// All that is begun and not yet done, in all collections: a bounded set in a few dozen records, so that one bulk read finds every
/// document whose message was lost. It is also the limit of the ingestion queue.
/// </summary>
internal sealed class OpenWork(Stores stores, TimeProvider time)
{
    public static readonly TimeSpan FirstResend = TimeSpan.FromSeconds(60);

    private const int Shards = 64;
    private const int MaxPerShard = 500;
    private const int MaxPerShardAndTenant = 200;
    private static readonly TimeSpan MaxResend = TimeSpan.FromHours(1);
    private static readonly string[] Keys = [.. Enumerable.Range(0, Shards).Select(Key)];

    /// <summary>Notes that work begins.</summary>
    /// <exception cref="ProblemException">429: too much is waiting already.</exception>
    public async Task AddAsync(DocumentWork work, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var item = new OpenItem(work.Tenant, work.Collection, work.Document, work.Upload, now, now + FirstResend, 0);
        await stores.Main.UpdateAsync<Shard>(
            KeyOf(work),
            shard =>
            {
                var items = shard?.Items ?? [];
                if (items.Any(other => other.IsFor(work)))
                    return null;
                if (items.Count >= MaxPerShard || items.Count(other => other.Tenant == work.Tenant) >= MaxPerShardAndTenant)
                    throw new ProblemException(new Problem(
                        429, "ingestion_backlog_full", "Too many documents wait for indexing; try again soon.", RetryAfter: TimeSpan.FromSeconds(5)));
                return new Shard([.. items, item]);
            },
            cancellationToken);
    }

    /// <summary>Notes that work is done.</summary>
    /// <param name="ifOlderThan">Leaves younger work alone, when given.</param>
    public async Task RemoveAsync(DocumentWork work, CancellationToken cancellationToken, TimeSpan? ifOlderThan = null)
    {
        var until = time.GetUtcNow() - (ifOlderThan ?? TimeSpan.FromDays(-1));
        await stores.Main.UpdateAsync<Shard>(
            KeyOf(work),
            shard => shard?.Items.Any(item => item.IsFor(work) && item.Since <= until) == true
                ? new Shard([.. shard.Items.Where(item => !item.IsFor(work))])
                : null,
            cancellationToken);
    }

    /// <summary>The item of a piece of work, null when it is done.</summary>
    public async Task<OpenItem?> FindAsync(DocumentWork work, CancellationToken cancellationToken) =>
        (await stores.Main.GetAsync<Shard>(KeyOf(work), cancellationToken))?.Value.Items.FirstOrDefault(item => item.IsFor(work));

    /// <summary>Everything open.</summary>
    public async Task<IReadOnlyList<OpenItem>> AllAsync(CancellationToken cancellationToken) =>
        [.. (await stores.Main.GetManyAsync<Shard>(Keys, cancellationToken)).Values.SelectMany(shard => shard.Value.Items)];

    /// <summary>
    /// Everything open, and those whose message is due to be sent again: each is handed to one caller only, at intervals that double.
    /// </summary>
    public async Task<(IReadOnlyList<OpenItem> All, IReadOnlyList<OpenItem> Due)> TakeDueAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var shards = await stores.Main.GetManyAsync<Shard>(Keys, cancellationToken);
        var due = new List<OpenItem>();
        foreach (var (key, shard) in shards)
        {
            var mine = shard.Value.Items.Where(item => item.NextAt <= now).ToList();
            if (mine.Count == 0)
                continue;
            var next = new Shard([.. shard.Value.Items.Select(item => item.NextAt <= now ? Later(item, now) : item)]);
            // Whoever loses this race finds nothing due the next time.
            if (await stores.Main.TryReplaceAsync(key, next, shard.ETag, cancellationToken))
                due.AddRange(mine);
        }
        return ([.. shards.Values.SelectMany(shard => shard.Value.Items)], due);
    }

    private static OpenItem Later(OpenItem item, DateTimeOffset now)
    {
        var wait = FirstResend * Math.Pow(2, Math.Min(item.Attempts + 1, 10));
        return item with { Attempts = item.Attempts + 1, NextAt = now + (wait < MaxResend ? wait : MaxResend) };
    }

    // The end of an id is random, so it spreads evenly.
    private static string KeyOf(DocumentWork work) =>
        Key(int.Parse((work.Upload ?? work.Document ?? work.Collection).AsSpan()[^2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture) % Shards);

    private static string Key(int shard) => string.Create(CultureInfo.InvariantCulture, $"ingestion/open/{shard}");

    private sealed record Shard(IReadOnlyList<OpenItem> Items);
}
