using System.Collections.Concurrent;
using System.Globalization;
using Agents.Retrieval.Documents;
using Agents.Retrieval.Indexing;
using Agents.Retrieval.Ingestion;

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
            .Where(item => item.Tenant == tenant && item.Document is not null).ToLookup(item => item.Collection, item => item.Document!);
        var described = new Collection[records.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, records.Count), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken },
            async (i, cancellation) => described[i] = await DescribeAsync(
                new CollectionKey(tenant, records[i].Id), records[i], openDocuments[records[i].Id], cancellation));
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
        var total = await indexes.Get(key).FoldAsync(
            fold => fold.Ready + fold.Failed + moving.Count(id => fold.Find(id) is not { Fact.Kind: FactKind.Ready or FactKind.Failed }),
            cancellationToken);
        if (_rough.Count > MaxRough)
            _rough.Clear();
        _rough[key] = (total, now);
        return total;
    }

    private async Task<Collection> DescribeAsync(
        CollectionKey key, CollectionRecord record, IEnumerable<string> openDocuments, CancellationToken cancellationToken)
    {
        var moving = await documents.GetManyAsync(key, openDocuments, cancellationToken);
        return await indexes.Get(key).FoldAsync(
            fold => new Collection(
                record.Id, record.Name, record.Metadata, Count(fold, moving), fold.Version.ToString(CultureInfo.InvariantCulture), record.CreatedAt),
            cancellationToken);
    }

    private static DocumentCounts Count(FactFold fold, IReadOnlyList<DocumentRecord> moving)
    {
        var settled = moving.Select(document => fold.Find(document.Id)?.Fact.Kind).ToList();
        int Of(DocumentStatus status) => moving.Count(document => document.Status == status);
        return new DocumentCounts(
            Of(DocumentStatus.Queued),
            Of(DocumentStatus.Indexing),
            fold.Ready - settled.Count(kind => kind == FactKind.Ready) + Of(DocumentStatus.Ready),
            fold.Failed - settled.Count(kind => kind == FactKind.Failed) + Of(DocumentStatus.Failed));
    }
}
