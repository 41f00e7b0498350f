using Agents.Defaults.Api;
using Agents.Defaults.State;
using Agents.Retrieval.Collections;

namespace Agents.Retrieval.Segments;

/// <summary>Segments in the store: immutable pages under a key that no other segment shares, and the manifest that names them.</summary>
internal sealed class SegmentStore(Stores stores, TimeProvider time)
{
    public const string Prefix = "seg";

    // Base64 makes 240,000 characters of it; every store takes 256 KB.
    private const int PageBytes = 176 * 1024;
    private const int DetailPageBytes = 96 * 1024;
    private const int PagesAtOnce = 8;
    private const int ReadsAtOnce = 4;

    // It refuses what comes late.
    private static readonly TimeSpan TombstoneKept = TimeSpan.FromDays(1);

    public Task<Record<Manifest>?> ReadManifestAsync(CollectionKey collection, CancellationToken cancellationToken) =>
        stores.Main.GetAsync<Manifest>(ManifestKey(collection), cancellationToken);

    /// <summary>Replaces the manifest that was read, or writes the first one. False when somebody else was faster.</summary>
    public Task<bool> TryWriteManifestAsync(CollectionKey collection, Manifest next, string? etag, CancellationToken cancellationToken) => etag is null
        ? stores.Main.TryCreateAsync(ManifestKey(collection), next, cancellationToken)
        : stores.Main.TryReplaceAsync(ManifestKey(collection), next, etag, cancellationToken);

    /// <summary>Writes all pages of a segment. Nobody reads them until a manifest names it.</summary>
    public async Task<SegmentInfo> WriteAsync(CollectionKey collection, SegmentData segment, CancellationToken cancellationToken)
    {
        var id = Ids.New(Prefix);
        var details = Paginate(segment.Details).ToList();
        byte[][] table = [.. SegmentFormat.WriteTable(segment.Entries).Chunk(PageBytes)];
        byte[][] hot = segment.Details.Count == 0 ? [] : [.. SegmentFormat.WriteHot(segment, [.. details.Select(page => page.Count)]).Chunk(PageBytes)];
        var pages = table.Select((page, n) => (Key(collection, id, Part.Table, n), page))
            .Concat(hot.Select((page, n) => (Key(collection, id, Part.Hot, n), page)))
            .Concat(details.Select((page, n) => (Key(collection, id, Part.Detail, n), SegmentFormat.WriteDetails(page))));
        await Parallel.ForEachAsync(
            pages, new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellationToken },
            async (page, cancellation) => await stores.Main.PutAsync(page.Item1, page.Item2, cancellation));
        return new SegmentInfo(
            id, segment.Entries.Count, segment.Details.Count, segment.Vectors.Count, segment.Model, table.Length, hot.Length, details.Count);
    }

    /// <summary>The entries of a segment; null when it was removed meanwhile.</summary>
    public async Task<IReadOnlyList<Entry>?> ReadTableAsync(CollectionKey collection, SegmentInfo segment, CancellationToken cancellationToken) =>
        await ReadAsync(collection, segment.Id, Part.Table, 0, segment.TablePages, cancellationToken) is { } bytes ? SegmentFormat.ReadTable(bytes) : null;

    /// <inheritdoc cref="ReadTableAsync"/>
    public async Task<HotPart?> ReadHotAsync(CollectionKey collection, SegmentInfo segment, CancellationToken cancellationToken) =>
        await ReadAsync(collection, segment.Id, Part.Hot, 0, segment.HotPages, cancellationToken) is { } bytes ? SegmentFormat.ReadHot(bytes) : null;

    /// <inheritdoc cref="ReadTableAsync"/>
    public async Task<Detail[]?> ReadDetailsAsync(CollectionKey collection, SegmentInfo segment, int page, CancellationToken cancellationToken) =>
        await ReadAsync(collection, segment.Id, Part.Detail, page, 1, cancellationToken) is { } bytes ? SegmentFormat.ReadDetails(bytes) : null;

    /// <summary>Removes the pages of a segment that no manifest names any more.</summary>
    public async Task RemoveAsync(CollectionKey collection, SegmentInfo segment, CancellationToken cancellationToken)
    {
        foreach (var (part, pages) in new[] { (Part.Detail, segment.DetailPages), (Part.Hot, segment.HotPages), (Part.Table, segment.TablePages) })
        {
            for (var page = 0; page < pages; page++)
                await stores.Main.DeleteAsync(Key(collection, segment.Id, part, page), cancellationToken);
        }
    }

    /// <summary>Takes retired segments, whose pages are removed, out of the manifest.</summary>
    public Task ForgetAsync(CollectionKey collection, IReadOnlySet<string> segments, CancellationToken cancellationToken) => stores.Main.UpdateAsync<Manifest>(
        ManifestKey(collection),
        manifest => manifest is null or { Deleted: true } ? null : manifest with { Retired = [.. manifest.Retired.Where(retired => !segments.Contains(retired.Segment.Id))] },
        cancellationToken);

    /// <summary>Puts a tombstone in the place of the manifest and removes all that it named. Can be repeated.</summary>
    public async Task RemoveAllAsync(CollectionKey collection, CancellationToken cancellationToken)
    {
        var buried = await stores.Main.UpdateAsync<Manifest>(ManifestKey(collection), Bury, cancellationToken, TombstoneKept);
        foreach (var retired in buried!.Retired)
            await RemoveAsync(collection, retired.Segment, cancellationToken);
    }

    private Manifest? Bury(Manifest? manifest)
    {
        if (manifest is { Deleted: true })
            return null;
        var known = manifest ?? Manifest.Empty;
        var now = time.GetUtcNow();
        return known with
        {
            Segments = [],
            Retired = [.. known.Retired, .. known.Segments.Select(segment => new RetiredSegment(segment, now))],
            Deleted = true,
        };
    }

    private async Task<byte[]?> ReadAsync(CollectionKey collection, string segment, Part part, int from, int count, CancellationToken cancellationToken)
    {
        var pages = new byte[count][];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, count).Chunk(PagesAtOnce), new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellationToken },
            async (some, cancellation) =>
            {
                var keys = some.ToDictionary(page => Key(collection, segment, part, from + page));
                foreach (var (key, record) in await stores.Main.GetManyAsync<byte[]>([.. keys.Keys], cancellation))
                    pages[keys[key]] = record.Value;
            });
        if (pages.Any(page => page is null))
            return null;
        return pages is [var single] ? single : Concat(pages);
    }

    private static byte[] Concat(byte[][] pages)
    {
        var whole = new byte[pages.Sum(page => page.Length)];
        var at = 0;
        foreach (var page in pages)
        {
            page.CopyTo(whole, at);
            at += page.Length;
        }
        return whole;
    }

    private static IEnumerable<IReadOnlyList<Detail>> Paginate(IReadOnlyList<Detail> details)
    {
        var (page, bytes) = (new List<Detail>(), 0);
        foreach (var detail in details)
        {
            var more = detail.Text.Length + detail.Remainder.Length;
            if (page.Count > 0 && bytes + more > DetailPageBytes)
            {
                yield return page;
                (page, bytes) = ([], 0);
            }
            page.Add(detail);
            bytes += more;
        }
        if (page.Count > 0)
            yield return page;
    }

    private static string Key(CollectionKey collection, string segment, Part part, int page) => $"segment/{collection}/{segment}/{(char)part}/{page}";

    private static string ManifestKey(CollectionKey collection) => $"index/{collection}";

    private enum Part
    {
        Table = 't',
        Hot = 'h',
        Detail = 'd',
    }
}
