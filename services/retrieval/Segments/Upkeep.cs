using System.Collections.Concurrent;
using System.Threading.Channels;
using Agents.Defaults.State;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Embeddings;
using Agents.Retrieval.Indexing;

namespace Agents.Retrieval.Segments;

/// <summary>Collections whose index may need upkeep.</summary>
internal sealed class UpkeepQueue
{
    private readonly Channel<CollectionKey> _channel =
        Channel.CreateBounded<CollectionKey>(new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    // What is dropped by a full queue comes again with the next commit, or the next look at what is loaded.
    public void Add(CollectionKey collection) => _channel.Writer.TryWrite(collection);

    public ChannelReader<CollectionKey> Reader => _channel.Reader;
}

/// <summary>
/// Keeps indexes small and complete in the background: merges segments, drops what was replaced or deleted, embeds passages that have no
/// vector yet, and removes segments two minutes after they were retired. Whoever does it, the manifest's compare-and-swap decides; a note
/// with an expiry keeps replicas from doing the same work twice.
/// </summary>
internal sealed partial class Upkeep(
    UpkeepQueue queue, IndexCache indexes, SegmentStore store, Embedder embedder, Stores stores, TimeProvider time, ILogger<Upkeep> logger)
    : BackgroundService
{
    /// <summary>How long replicas may still read a segment that was replaced: longer than any search, short because the manifest lists them.</summary>
    public static readonly TimeSpan RetiredKept = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan NoteKept = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private const int MaxRounds = 64;
    private const int MaxAtOnce = 8;
    private const int RemovalsAtOnce = 8;

    private readonly ConcurrentDictionary<CollectionKey, Task> _running = new();
    private readonly SemaphoreSlim _slots = new(MaxAtOnce);

    /// <summary>Does what is to be done for one collection.</summary>
    /// <param name="purge">Also for the sake of a single passage that was replaced or deleted.</param>
    public async Task RunAsync(CollectionKey collection, bool purge, CancellationToken cancellationToken)
    {
        var note = $"index-upkeep/{collection}";
        if (!await IsNeededAsync(collection, purge, cancellationToken) || !await stores.Main.TryCreateAsync(note, "", cancellationToken, NoteKept))
            return;
        try
        {
            for (var round = 0; round < MaxRounds && await StepAsync(collection, purge, cancellationToken); round++)
                await stores.Main.PutAsync(note, "", cancellationToken, NoteKept);
            await RemoveRetiredAsync(collection, cancellationToken);
        }
        finally
        {
            await stores.Main.DeleteAsync(note, CancellationToken.None);
        }
    }

    /// <summary>Whether nothing of what was replaced or deleted is left in any segment.</summary>
    public Task<bool> IsPurgedAsync(CollectionKey collection, CancellationToken cancellationToken) => indexes.Get(collection).LookAsync(
        (snapshot, _) => snapshot.Manifest.Deleted || snapshot.Manifest.Retired.Count == 0 && snapshot.Segments.All(view => view.Chunks == view.Segment.Info.Chunks), cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loaded = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            wait.CancelAfter(Interval);
            var touched = new HashSet<CollectionKey>();
            try
            {
                touched.Add(await queue.Reader.ReadAsync(wait.Token));
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                // Nothing was committed here for a while; the look at what is loaded follows.
            }
            while (queue.Reader.TryRead(out var more))
                touched.Add(more);
            var look = time.GetElapsedTime(loaded) >= Interval;
            if (look)
            {
                loaded = time.GetTimestamp();
                touched.UnionWith(indexes.Loaded());
            }
            foreach (var ended in _running.Where(pair => pair.Value.IsCompleted))
                _running.TryRemove(ended);
            // Side by side, because a long document takes minutes to embed; what is under way already has its next look soon.
            // A purge rewrites whole segments, so deletions that come one by one share it.
            foreach (var collection in touched.Where(collection => !_running.ContainsKey(collection)))
                _running[collection] = TryRunAsync(collection, look, stoppingToken);
        }
    }

    private async Task TryRunAsync(CollectionKey collection, bool purge, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken);
        try
        {
            await RunAsync(collection, purge, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The store is away, or another replica was faster: searches go on with the segments as they are, and the next look comes soon.
            Failed(logger, collection.Id, exception.GetType().Name);
        }
        finally
        {
            _slots.Release();
        }
    }

    private Task<bool> IsNeededAsync(CollectionKey collection, bool purge, CancellationToken cancellationToken) => indexes.Get(collection).LookAsync(
        (snapshot, _) => MergePolicy.Choose(snapshot, purge).Count > 0 || ToEmbed(snapshot) is not null || Expired(snapshot.Manifest).Any(), cancellationToken);

    /// <summary>One rewrite. False when there was none to do.</summary>
    private async Task<bool> StepAsync(CollectionKey collection, bool purge, CancellationToken cancellationToken)
    {
        var snapshot = await indexes.Get(collection).LookAsync((snapshot, _) => snapshot, cancellationToken);
        IReadOnlyList<SegmentView> old = MergePolicy.Choose(snapshot, purge);
        if (old.Count > 0)
            return await ReplaceAsync(collection, old, await MergeAsync(snapshot, old, cancellationToken), cancellationToken);
        if (ToEmbed(snapshot) is not { } bare)
            return false;
        return await embedder.EmbedAsync(collection.Tenant, await bare.Segment.ReadAllAsync(cancellationToken), cancellationToken) is { } embedded
            && await ReplaceAsync(collection, [bare], embedded, cancellationToken);
    }

    private static async Task<SegmentData> MergeAsync(Snapshot snapshot, IReadOnlyList<SegmentView> old, CancellationToken cancellationToken)
    {
        var parts = new List<SegmentData>();
        foreach (var view in old)
            parts.Add(await view.Segment.ReadAllAsync(cancellationToken));
        return SegmentBuilder.Merge(parts, MergePolicy.Kept(snapshot, old));
    }

    /// <summary>Puts a new segment in the place of old ones. False when somebody else has replaced one of them.</summary>
    private async Task<bool> ReplaceAsync(CollectionKey collection, IReadOnlyList<SegmentView> old, SegmentData segment, CancellationToken cancellationToken)
    {
        var ids = old.Select(view => view.Segment.Info.Id).ToHashSet();
        var written = segment.Entries.Count == 0 ? null : await store.WriteAsync(collection, segment, cancellationToken);
        while (true)
        {
            var found = await store.ReadManifestAsync(collection, cancellationToken);
            var retired = found?.Value.Segments.Where(info => ids.Contains(info.Id)).ToList() ?? [];
            if (retired.Count < ids.Count)
            {
                if (written is not null && found?.Value.Names(written) == true)
                    return true;
                if (written is not null)
                    await store.RemoveAsync(collection, written, cancellationToken);
                return false;
            }
            var manifest = found!.Value;
            var now = time.GetUtcNow();
            IEnumerable<SegmentInfo> kept = manifest.Segments.Where(info => !ids.Contains(info.Id));
            var next = manifest with
            {
                Segments = [.. written is null ? [] : new[] { written }, .. kept],
                Retired = [.. manifest.Retired, .. retired.Select(info => new RetiredSegment(info, now))],
            };
            if (await store.TryWriteManifestAsync(collection, next, found.ETag, cancellationToken))
            {
                Rewritten(logger, collection.Id, ids.Count, segment.Details.Count);
                return true;
            }
        }
    }

    private async Task RemoveRetiredAsync(CollectionKey collection, CancellationToken cancellationToken)
    {
        if (await store.ReadManifestAsync(collection, cancellationToken) is not { } found || Expired(found.Value).ToList() is not { Count: > 0 } expired)
            return;
        await Parallel.ForEachAsync(
            expired, new ParallelOptions { MaxDegreeOfParallelism = RemovalsAtOnce, CancellationToken = cancellationToken },
            async (retired, cancellation) => await store.RemoveAsync(collection, retired.Segment, cancellation));
        // Taken out of whatever the manifest is by now: where documents keep coming, a change of what was read before would never be in time.
        var gone = expired.Select(retired => retired.Segment.Id).ToHashSet();
        await store.ForgetAsync(collection, gone, cancellationToken);
    }

    private SegmentView? ToEmbed(Snapshot snapshot) => !embedder.IsAvailable ? null : snapshot.Segments.FirstOrDefault(
        view => view.Segment.Info.Chunks > 0 && (view.Segment.Info.Model != embedder.Model || view.Segment.Info.Embedded < view.Segment.Info.Chunks));

    private IEnumerable<RetiredSegment> Expired(Manifest manifest) => manifest.Deleted ? [] : manifest.Retired.Where(retired => time.GetUtcNow() - retired.Since > RetiredKept);

    [LoggerMessage(LogLevel.Information, "Index of {Collection}: {Count} segments became one of {Chunks} passages")]
    private static partial void Rewritten(ILogger logger, string collection, int count, int chunks);

    [LoggerMessage(LogLevel.Warning, "Index of {Collection}: upkeep is put off: {Cause}")]
    private static partial void Failed(ILogger logger, string collection, string cause);
}
