using Agents.Defaults.Ledgers;
using Agents.Defaults.State;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Documents;
using Agents.Retrieval.Embeddings;
using Agents.Retrieval.Indexing;
using Agents.Retrieval.Names;
using Agents.Retrieval.Segments;
using Agents.Testing.Ledgers;
using Dapr;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Agents.Retrieval.Tests.Indexing;

/// <summary>Replicas commit to one index while the store's answers get lost, before or after the change took place, or long before it does, or while one of them pauses.</summary>
public sealed class CommitterTests
{
    private static readonly CollectionKey Collection = new("tenant", "coll");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_manifest_whose_change_was_answered_by_nobody_names_only_segments_that_are_there(int seed)
    {
        var token = TestContext.Current.CancellationToken;
        using var store = new RedisLikeStore();
        using var lossy = new LossyStore(store, new Random(seed));
        var replicas = Enumerable.Range(0, 2).Select(_ => new Replica(lossy)).ToList();
        var committed = new List<string>();

        foreach (var round in Enumerable.Range(0, 60))
        {
            await Task.WhenAll(replicas.Select(async (replica, number) =>
            {
                var id = $"doc-{round}-{number}";
                try
                {
                    await replica.WriteAsync(id, DocumentStatus.Indexing);
                    await replica.CommitAsync(TestIndex.Document(id, 1, "title", "Some text."));
                    lock (committed)
                        committed.Add(id);
                }
                catch (DaprException)
                {
                    // Refused: whoever uploaded it tries again. It may be there all the same.
                }
            }));
        }

        lossy.Calm();
        using var reader = new Replica(lossy);
        var index = reader.Index;
        await index.SearchableAsync(token);
        var missing = await index.LookAsync((_, documents) => committed.Where(id => documents.Find(id) is null).ToList(), token);
        Assert.Empty(missing);
        Assert.True(committed.Count >= 60 && lossy.Lost >= 20, $"{committed.Count} committed, {lossy.Lost} answers lost");
    }

    [Fact]
    public async Task A_document_that_is_deleted_while_its_committer_pauses_does_not_come_back()
    {
        using var store = new RedisLikeStore();
        using var paused = new PausedStore(store);
        using var late = new Replica(paused);
        using var other = new Replica(store);
        await other.WriteAsync("doc", DocumentStatus.Indexing);

        paused.BeforeNextManifest = async () =>
        {
            await other.WriteAsync("doc", DocumentStatus.Deleted);
            await other.CommitAsync(new PreparedDocument(Entry.Removed("doc", 2, 0), []));
            await other.PurgeAsync();
        };
        await late.CommitAsync(TestIndex.Document("doc", 1, "title", "Some text."));

        Assert.Null(paused.BeforeNextManifest);
        Assert.Empty(await other.EntriesAsync());
    }

    [Fact]
    public async Task A_removal_leaves_the_index_together_with_what_it_removed()
    {
        using var store = new RedisLikeStore();
        using var replica = new Replica(store);
        foreach (var id in new[] { "keep", "drop" })
        {
            await replica.WriteAsync(id, DocumentStatus.Indexing);
            await replica.CommitAsync(TestIndex.Document(id, 1, "title", "Some text."));
        }
        await replica.WriteAsync("drop", DocumentStatus.Deleted);
        await replica.CommitAsync(new PreparedDocument(Entry.Removed("drop", 2, 0), []));
        await replica.PurgeAsync();
        using var fresh = new Replica(store);
        Assert.Equal(["keep"], await fresh.EntriesAsync());

        // Whoever comes a day later finds not even the record.
        await replica.ForgetAsync("drop");
        await replica.CommitAsync(TestIndex.Document("drop", 1, "title", "Some text."));
        Assert.Equal(["keep"], await fresh.EntriesAsync());
    }

    private sealed class Replica : IDisposable
    {
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

    /// <summary>Something happens between a change of the manifest being sent and its arrival.</summary>
    private sealed class PausedStore(HttpMessageHandler store) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker _store = new(store, disposeHandler: false);

        public Func<Task>? BeforeNextManifest { get; set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (BeforeNextManifest is { } happens && await IsManifestAsync(request, cancellationToken))
            {
                BeforeNextManifest = null;
                await happens();
            }
            return await _store.SendAsync(request, cancellationToken);
        }
    }

    private static async Task<bool> IsManifestAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request.Method == HttpMethod.Post && (await request.Content!.ReadAsByteArrayAsync(cancellationToken)).AsSpan().IndexOf("\"index/"u8) >= 0;

    /// <summary>Changes of the manifest are not sent, sent without an answer, or sent some requests later.</summary>
    private sealed class LossyStore(HttpMessageHandler store, Random random) : HttpMessageHandler
    {
        private readonly SemaphoreSlim _oneAtATime = new(1, 1);
        private readonly HttpMessageInvoker _store = new(store, disposeHandler: false);
        private readonly List<(int Requests, byte[] Body)> _late = [];
        private bool _calm;

        public int Lost { get; private set; }

        public void Calm() => _calm = true;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await _oneAtATime.WaitAsync(cancellationToken);
            try
            {
                for (var i = _late.Count - 1; i >= 0; i--)
                {
                    var (requests, body) = _late[i];
                    _late[i] = (requests - 1, body);
                    if (requests > 0)
                        continue;
                    _late.RemoveAt(i);
                    using var late = new HttpRequestMessage(HttpMethod.Post, "http://127.0.0.1/v1.0/state/statestore") { Content = new ByteArrayContent(body) };
                    (await _store.SendAsync(late, CancellationToken.None)).Dispose();
                }
                if (!_calm && await IsManifestAsync(request, cancellationToken) && random.Next(3) == 0)
                {
                    var sent = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
                    Lost++;
                    switch (random.Next(3))
                    {
                        case 0:
                            (await _store.SendAsync(request, cancellationToken)).Dispose();
                            break;
                        case 1:
                            _late.Add((random.Next(1, 12), sent));
                            break;
                    }
                    throw new HttpRequestException("lost");
                }
                return await _store.SendAsync(request, cancellationToken);
            }
            finally
            {
                _oneAtATime.Release();
            }
        }
    }
}
