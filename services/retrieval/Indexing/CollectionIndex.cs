using Agents.Retrieval.Collections;
using Agents.Retrieval.Segments;

namespace Agents.Retrieval.Indexing;

/// <summary>
/// This replica's copy of a collection's index. It follows the manifest at every use, which costs one small read and makes "ready" mean
/// what it says: whoever was told so finds the document, on every replica.
/// </summary>
internal sealed class CollectionIndex(CollectionKey collection, SegmentStore store) : IDisposable
{
    private const int BytesAtLeast = 4 * 1024;
    private const int Attempts = 8;

    private readonly SemaphoreSlim _following = new(1, 1);
    private readonly DocumentMap _documents = new();
    private Dictionary<string, LoadedSegment> _segments = [];
    private Snapshot _snapshot = Snapshot.Empty;
    private string? _etag;

    public CollectionKey Collection => collection;

    /// <summary>About how much memory this takes, in bytes.</summary>
    public long Bytes => BytesAtLeast + Volatile.Read(ref _snapshot).Segments.Sum(view => view.Segment.Bytes);

    /// <summary>What the collection knows now, loaded to be searched.</summary>
    public async Task<Snapshot> SearchableAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var snapshot = await FollowAsync(static (snapshot, _, _) => snapshot, cancellationToken);
            try
            {
                await Task.WhenAll(snapshot.Segments.Select(view => view.Segment.LoadAsync())).WaitAsync(cancellationToken);
                return snapshot;
            }
            catch (SegmentGoneException) when (attempt < Attempts)
            {
                // Retired and removed while it was being read: the manifest names others by now.
                Forget();
            }
        }
    }

    /// <summary>Looks at the newest state, without loading what only searches need.</summary>
    public Task<T> LookAsync<T>(Func<Snapshot, DocumentMap, T> look, CancellationToken cancellationToken) =>
        FollowAsync((snapshot, documents, _) => look(snapshot, documents), cancellationToken);

    /// <summary>As <see cref="LookAsync"/>, with the tag that guards the manifest's next change.</summary>
    public async Task<T> FollowAsync<T>(Func<Snapshot, DocumentMap, string?, T> look, CancellationToken cancellationToken)
    {
        await _following.WaitAsync(cancellationToken);
        try
        {
            for (var attempt = 0; !await TryFollowAsync(cancellationToken); attempt++)
            {
                if (attempt == Attempts)
                    throw new InvalidOperationException($"The manifest of {collection} names a segment that is not there.");
            }
            return look(_snapshot, _documents, _etag);
        }
        finally
        {
            _following.Release();
        }
    }

    public void Dispose() => _following.Dispose();

    private void Forget() => Volatile.Write(ref _etag, null);

    private async Task<bool> TryFollowAsync(CancellationToken cancellationToken)
    {
        var found = await store.ReadManifestAsync(collection, cancellationToken);
        if (found is not null && found.ETag == _etag)
            return true;
        var manifest = found?.Value ?? Manifest.Empty;
        var next = new Dictionary<string, LoadedSegment>(manifest.Segments.Count);
        foreach (var info in manifest.Segments)
        {
            if (_segments.TryGetValue(info.Id, out var known))
                next.Add(info.Id, known);
            else if (await store.ReadTableAsync(collection, info, cancellationToken) is { } entries)
                next.Add(info.Id, new LoadedSegment(collection, info, entries, store));
            else
                return false;
        }
        _documents.Apply(
            [.. next.Values.Where(segment => !_segments.ContainsKey(segment.Info.Id))],
            _segments.Values.Where(segment => !next.ContainsKey(segment.Info.Id)).ToHashSet());
        _segments = next;
        Volatile.Write(ref _snapshot, new Snapshot(manifest, [.. manifest.Segments.Select(info => _documents.View(next[info.Id]))]));
        Volatile.Write(ref _etag, found?.ETag);
        return true;
    }
}
