using Agents.Retrieval.Documents;
using Agents.Retrieval.Segments;
using Agents.Testing.Ledgers;
using Dapr;

namespace Agents.Retrieval.Tests.Indexing;

/// <summary>Replicas commit to one index while the store's answers get lost, before or after the change took place, or long before it does, or while one of them pauses.</summary>
public sealed class CommitterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_manifest_whose_change_was_answered_by_nobody_names_only_segments_that_are_there(int seed)
    {
        var token = TestContext.Current.CancellationToken;
        using var store = new RedisLikeStore();
        using var lossy = new LossyStore(store, new Random(seed));
        using var one = new Replica(lossy);
        using var two = new Replica(lossy);
        var committed = new List<string>();

        foreach (var round in Enumerable.Range(0, 60))
        {
            await Task.WhenAll(((Replica[])[one, two]).Select(async (replica, number) =>
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
}
