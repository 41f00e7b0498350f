using Agents.Defaults.Ledgers;
using Agents.Defaults.State;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Documents;
using Agents.Retrieval.Embeddings;
using Agents.Retrieval.Indexing;
using Agents.Retrieval.Names;
using Agents.Retrieval.Segments;
using Agents.Testing.Ledgers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Agents.Retrieval.Tests.Indexing;

/// <summary>What a replica of retrieval has of one collection: records, the committer, the index and its upkeep.</summary>
internal sealed class Replica : IDisposable
{
    private static readonly CollectionKey Collection = new("tenant", "coll");

    private readonly Stores _stores;
    private readonly IndexCache _indexes;
    private readonly DocumentRecords _documents;
    private readonly Committer _committer;
    private readonly Upkeep _upkeep;

    public Replica(HttpMessageHandler store)
    {
        var time = TimeProvider.System;
        _stores = new Stores(RedisLikeStore.ClientOf(store), time);
        var segments = new SegmentStore(_stores, time);
        _indexes = new IndexCache(segments, time, Options.Create(new IndexOptions()));
        _documents = new DocumentRecords(_stores, new LedgerSet(_stores, time), new Claims(_stores));
        _committer = new Committer(_indexes, segments, _documents, new UpkeepQueue(), time);
        var embedder = new Embedder(null!, Options.Create(new EmbeddingOptions { Model = "" }), time, NullLogger<Embedder>.Instance);
        _upkeep = new Upkeep(new UpkeepQueue(), _indexes, segments, embedder, _stores, time, NullLogger<Upkeep>.Instance);
    }

    public CollectionIndex Index => _indexes.Get(Collection);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public Task CommitAsync(PreparedDocument document) => _committer.CommitAsync(Collection, document, TestIndex.Model, Token);

    public Task PurgeAsync() => _upkeep.RunAsync(Collection, purge: true, Token);

    public async Task WriteAsync(string id, DocumentStatus status)
    {
        var record = new DocumentRecord(
            id, "title", status, "text/plain", new Dictionary<string, string>(), [], "", 1, "upload", 1, 10, 0, null, [], default, default);
        var found = await _documents.GetAsync(Collection, id, Token);
        Assert.True(await _documents.TryWriteAsync(Collection, record, found?.ETag, Token));
    }

    public Task ForgetAsync(string id) => _stores.Main.DeleteAsync($"document/{Collection}/{id}", Token);

    /// <summary>The documents of all entries, of those that count no more as well.</summary>
    public Task<List<string>> EntriesAsync() => Index.LookAsync(
        (snapshot, _) => snapshot.Segments.SelectMany(view => view.Segment.Entries).Select(entry => entry.Document).ToList(), Token);

    public void Dispose()
    {
        _upkeep.Dispose();
        _indexes.Dispose();
    }
}
