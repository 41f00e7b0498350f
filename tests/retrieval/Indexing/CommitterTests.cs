using Agents.Defaults.State;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Indexing;
using Agents.Retrieval.Segments;
using Agents.Testing.Ledgers;
using Dapr;
using Microsoft.Extensions.Options;

namespace Agents.Retrieval.Tests.Indexing;

/// <summary>Two replicas commit to one index while the store's answers get lost, before or after the change took place, or long before it does.</summary>
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
        var replicas = Enumerable.Range(0, 2).Select(_ => Replica(lossy)).ToList();
        var committed = new List<string>();

        foreach (var round in Enumerable.Range(0, 60))
        {
            await Task.WhenAll(replicas.Select(async (replica, number) =>
            {
                var id = $"doc-{round}-{number}";
                try
                {
                    await replica.Committer.CommitAsync(Collection, TestIndex.Document(id, 1, "title", "Some text."), TestIndex.Model, token);
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
        var index = Replica(lossy).Indexes.Get(Collection);
        await index.SearchableAsync(token);
        var missing = await index.LookAsync((_, documents) => committed.Where(id => documents.Find(id) is null).ToList(), token);
        Assert.Empty(missing);
        Assert.True(committed.Count >= 60 && lossy.Lost >= 20, $"{committed.Count} committed, {lossy.Lost} answers lost");
    }

    private static (Committer Committer, IndexCache Indexes) Replica(LossyStore store)
    {
        var segments = new SegmentStore(new Stores(RedisLikeStore.ClientOf(store), TimeProvider.System), TimeProvider.System);
        var indexes = new IndexCache(segments, TimeProvider.System, Options.Create(new IndexOptions()));
        return (new Committer(indexes, segments, new UpkeepQueue(), TimeProvider.System), indexes);
    }

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
                if (!_calm && request.Method == HttpMethod.Post && await request.Content!.ReadAsByteArrayAsync(cancellationToken) is var sent
                    && sent.AsSpan().IndexOf("\"index/"u8) >= 0 && random.Next(3) == 0)
                {
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
