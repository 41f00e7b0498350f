using System.Collections.Concurrent;
using System.Globalization;
using Agents.Retrieval.Documents;
using Agents.Retrieval.Indexing;
using Agents.Retrieval.Ingestion;
using Agents.Retrieval.Lexical;
using Agents.Retrieval.Search;
using Agents.Retrieval.Segments;

namespace Agents.Retrieval.Collections;

/// <summary>
/// How many documents a collection has in each state: the fold of its facts says it for documents at rest, the records of those with
/// open work for the others. Nothing is counted up or down, so nothing drifts.
/// </summary>
internal sealed class CollectionCounts(OpenWork open, DocumentRecords documents, IndexCache indexes, TimeProvider time)
{
    private static readonly TimeSpan RoughFor = TimeSpan.FromSeconds(1);
    private const int MaxRough = 1_000;

    private readonly ConcurrentDictionary<CollectionKey, (int Total, long At)> _rough = new();

    /// <summary>The collections as callers see them.</summary>
    public async Task<IReadOnlyList<Collection>> DescribeAsync(
        string tenant, IReadOnlyList<CollectionRecord> records, CancellationToken cancellationToken)
    {
        if (records.Count == 0)
            return [];
        // Open work is read before the facts: what ends in between is then seen twice rather than never.
        var openDocuments = (await open.AllAsync(cancellationToken))
            .Where(item => item.Tenant == tenant && item.Document is not null).ToLookup(item => item.Collection);
        var described = new Collection[records.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, records.Count), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken },
            async (i, cancellation) => described[i] = await DescribeAsync(
                new CollectionKey(tenant, records[i].Id), records[i], [.. openDocuments[records[i].Id]], cancellation));
        return described;
    }

    /// <summary>How many documents there are, up to a second old, those being removed included: good for a limit.</summary>
    public async Task<int> RoughTotalAsync(CollectionKey key, CancellationToken cancellationToken)
    {
        if (_rough.TryGetValue(key, out var known) && time.GetElapsedTime(known.At) < RoughFor)
            return known.Total;
        var now = time.GetTimestamp();
        var moving = (await open.AllAsync(cancellationToken))
            .Where(item => item.Key == key).Select(item => item.Document).OfType<string>().Distinct().ToList();
        var total = await indexes.Get(key).LookAsync(
            (_, known) => known.Ready + known.Failed + moving.Count(id => known.Find(id) is not { Kind: EntryKind.Ready or EntryKind.Failed }),
            cancellationToken);
        if (_rough.Count > MaxRough)
            _rough.Clear();
        _rough[key] = (total, now);
        return total;
    }

    private async Task<Collection> DescribeAsync(
        CollectionKey key, CollectionRecord record, IReadOnlyList<OpenItem> open, CancellationToken cancellationToken)
    {
        var moving = await documents.GetManyAsync(key, open.Select(item => item.Document!), cancellationToken);
        var waiting = open.Where(item => item.Upload is not null).Select(item => item.Since).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();
        var lag = waiting == DateTimeOffset.MaxValue ? 0 : Math.Max(0, (time.GetUtcNow() - waiting).TotalSeconds);
        return await indexes.Get(key).LookAsync(
            (snapshot, known) => new Collection(
                record.Id, record.Name, record.Metadata, record.Language ?? Languages.Default, Count(known, moving), DescribeIndex(snapshot, lag),
                snapshot.Manifest.Version.ToString(CultureInfo.InvariantCulture), record.CreatedAt),
            cancellationToken);
    }

    private static IndexStatus DescribeIndex(Snapshot snapshot, double lag)
    {
        var segments = snapshot.Manifest.Segments;
        var (chunks, embedded) = (segments.Sum(segment => segment.Chunks), segments.Sum(segment => segment.Embedded));
        return new IndexStatus(
            snapshot.Chunks, embedded == 0 ? SearchMode.Lexical : SearchMode.Hybrid, chunks - embedded, segments.LastOrDefault(segment => segment.Model is not null)?.Model,
            segments.Count, Math.Round(lag, 1));
    }

    private static DocumentCounts Count(DocumentMap known, IReadOnlyList<DocumentRecord> moving)
    {
        var settled = moving.Select(document => known.Find(document.Id)?.Kind).ToList();
        int Of(DocumentStatus status) => moving.Count(document => document.Status == status);
        return new DocumentCounts(
            Of(DocumentStatus.Queued),
            Of(DocumentStatus.Indexing),
            known.Ready - settled.Count(kind => kind == EntryKind.Ready) + Of(DocumentStatus.Ready),
            known.Failed - settled.Count(kind => kind == EntryKind.Failed) + Of(DocumentStatus.Failed));
    }
}
