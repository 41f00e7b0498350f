using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Paging;
using Agents.Defaults.State;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Names;

namespace Agents.Retrieval.Documents;

/// <summary>Document records, their list, and their titles: <c>document/{tenant}/{collection}/{id}</c> and its indexes.</summary>
internal sealed class DocumentRecords(Stores stores, LedgerSet ledgers, Claims claims)
{
    public const string Prefix = "doc";

    /// <summary>How long a tombstone tells latecomers that a document was deleted.</summary>
    public static readonly TimeSpan TombstoneKept = TimeSpan.FromDays(1);

    public Task<Record<DocumentRecord>?> GetAsync(CollectionKey collection, string id, CancellationToken cancellationToken) =>
        stores.Main.GetAsync<DocumentRecord>(Key(collection, id), cancellationToken);

    /// <summary>The document with an id from outside; null when there is none or it was deleted.</summary>
    public async Task<DocumentRecord?> FindAsync(CollectionKey collection, string id, CancellationToken cancellationToken) =>
        Ids.IsValid(Prefix, id) && (await GetAsync(collection, id, cancellationToken))?.Value is { } found && found.Status != DocumentStatus.Deleted
            ? found
            : null;

    public async Task<IReadOnlyList<DocumentRecord>> GetManyAsync(
        CollectionKey collection, IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        var records = new List<DocumentRecord>();
        foreach (var some in ids.Distinct().Select(id => Key(collection, id)).Chunk(500))
            records.AddRange((await stores.Main.GetManyAsync<DocumentRecord>(some, cancellationToken)).Values.Select(record => record.Value));
        return records;
    }

    /// <summary>Writes a record over the one that was read, or as a new one. False when somebody else was faster.</summary>
    public Task<bool> TryWriteAsync(
        CollectionKey collection, DocumentRecord next, string? etag, CancellationToken cancellationToken, TimeSpan? ttl = null) => etag is null
            ? stores.Main.TryCreateAsync(Key(collection, next.Id), next, cancellationToken, ttl)
            : stores.Main.TryReplaceAsync(Key(collection, next.Id), next, etag, cancellationToken, ttl);

    public Task<Page<DocumentRecord>> PageAsync(CollectionKey collection, PageQuery query, CancellationToken cancellationToken) =>
        List(collection).PageAsync<DocumentRecord>(
            query,
            async (ids, cancellation) =>
                [.. (await GetManyAsync(collection, ids, cancellation)).Where(record => record.Status != DocumentStatus.Deleted)],
            record => record.Id,
            cancellationToken);

    /// <summary>Ids of documents that were ever in the collection, from a position on.</summary>
    public async Task<(IReadOnlyList<string> Ids, bool Last)> IdsAsync(
        CollectionKey collection, int from, int limit, CancellationToken cancellationToken)
    {
        var slice = await Created(collection).ReadAsync(from, limit, cancellationToken);
        return (slice.Entries, from + slice.Entries.Count >= slice.End);
    }

    /// <summary>Deletes the list of ids, with the collection.</summary>
    public Task DeleteListAsync(CollectionKey collection, CancellationToken cancellationToken) => Created(collection).DeleteAsync(cancellationToken);

    /// <summary>The id under which a title is kept; a new one when the title is new.</summary>
    /// <exception cref="ProblemException">404: the collection was deleted meanwhile.</exception>
    public async Task<string> IdForAsync(CollectionKey collection, string title, CancellationToken cancellationToken)
    {
        var key = TitleKey(collection, title);
        if (await claims.HolderAsync(key, cancellationToken) is { } holder && await IsUsableAsync(collection, holder, cancellationToken))
            return holder;
        var id = Ids.New(Prefix);
        try
        {
            await List(collection).AddAsync(id, cancellationToken);
        }
        catch (LedgerFencedException exception) when (exception.Deleted)
        {
            throw new ProblemException(Problem.NotFound("collection"), exception);
        }
        return await claims.TakeAsync(key, id, (other, cancellation) => IsUsableAsync(collection, other, cancellation), cancellationToken);
    }

    public Task ReleaseTitleAsync(CollectionKey collection, DocumentRecord record, CancellationToken cancellationToken) =>
        claims.ReleaseAsync(TitleKey(collection, record.Title), record.Id, cancellationToken);

    // A holder without a record is about to get one; a deleted one never comes back.
    private async Task<bool> IsUsableAsync(CollectionKey collection, string id, CancellationToken cancellationToken) =>
        (await GetAsync(collection, id, cancellationToken))?.Value.Status != DocumentStatus.Deleted;

    private Listing List(CollectionKey collection) => new(Created(collection));

    private Ledger<string> Created(CollectionKey collection) => ledgers.Get<string>($"documents/{collection}");

    private static string Key(CollectionKey collection, string id) => $"document/{collection}/{id}";

    private static string TitleKey(CollectionKey collection, string title) => $"document-title/{collection}/{Ids.Hash(title)}";
}
