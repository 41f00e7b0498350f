using Agents.Retrieval.Search;
using Agents.Retrieval.Segments;

namespace Agents.Retrieval.Tests.Indexing;

/// <summary>The index against the formula applied to every passage in turn.</summary>
public sealed class LexicalIndexTests
{
    private static readonly string[] Words = ["wing", "lift", "drag", "flow", "shock", "heat", "plate", "speed", "jet", "wall", "rare", "rarer"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Scores_and_orders_as_the_formula_does(int seed)
    {
        var random = new Random(seed);
        var index = new TestIndex();
        var held = new Dictionary<string, PreparedDocument>();
        for (var step = 1; step <= 400; step++)
        {
            var id = $"doc{random.Next(120)}";
            if (random.Next(4) == 0)
            {
                held.Remove(id);
                index.Remove(id, step);
            }
            else
            {
                var documents = Enumerable.Range(0, random.Next(1, 20)).Select(_ => $"doc{random.Next(400)}").Distinct().Select(name => Document(random, name, step)).ToArray();
                foreach (var document in documents)
                    held[document.Entry.Document] = document;
                index.Commit(documents);
            }
            while (await index.MergeAsync(purge: random.Next(20) == 0, Token))
            {
            }
            if (step % 40 == 0)
                index.Reload();
            if (step % 20 == 0)
                await CompareAsync(index, held.Values, random);
        }
        Assert.Equal(held.Count, index.Documents.Ready);
        Assert.InRange(index.Views.Count, 1, 7 * 3);
    }

    [Fact]
    public async Task Skipping_windows_of_a_large_index_loses_nothing()
    {
        var random = new Random(11);
        var index = new TestIndex();
        var documents = Enumerable.Range(0, 6_000).Select(i => Document(random, $"doc{i:00000}", 1)).ToArray();
        index.Commit(documents);
        for (var i = 0; i < 5; i++)
            await CompareAsync(index, documents, random);
    }

    [Fact]
    public async Task Equal_scores_are_ordered_by_document_and_place()
    {
        var index = new TestIndex();
        foreach (var id in new[] { "doc_c", "doc_a", "doc_b" })
            index.Commit(TestIndex.Raw(id, 1, ["wing", "wing"]));
        Assert.Equal(["doc_a#1", "doc_a#2", "doc_b#1", "doc_b#2"], Ids(await index.SearchAsync("wing", limit: 4)));
    }

    [Fact]
    public async Task Searches_what_is_admitted_only()
    {
        var index = new TestIndex();
        index.Commit(TestIndex.Raw("open", 1, ["wing"]), TestIndex.Raw("closed", 1, ["wing wing"], "alice"));
        Assert.Equal(["open#1"], Ids(await index.SearchAsync("wing", principals: [])));
        Assert.Equal(["open#1"], Ids(await index.SearchAsync("wing", limit: 1, principals: ["bob"])));
        Assert.Equal(2, (await index.SearchAsync("wing", principals: ["bob", "alice"])).Passages.Count);
        Assert.Equal(2, (await index.SearchAsync("wing")).Passages.Count);
    }

    [Fact]
    public async Task A_newer_revision_takes_the_place_of_the_older()
    {
        var index = new TestIndex();
        index.Commit(TestIndex.Raw("doc", 1, ["wing", "drag"]));
        index.Commit(TestIndex.Raw("doc", 2, ["lift"]));
        Assert.Empty((await index.SearchAsync("wing drag")).Passages);
        Assert.Single((await index.SearchAsync("lift")).Passages);
        Assert.Equal(1, index.Snapshot.Chunks);
        Assert.Equal(2, index.Documents.Find("doc")?.Revision);
    }

    [Fact]
    public async Task A_latecomer_does_not_bring_back_a_removed_document()
    {
        var index = new TestIndex();
        index.Remove("doc", 3);
        index.Commit(TestIndex.Raw("doc", 2, ["wing"]));
        Assert.Empty((await index.SearchAsync("wing")).Passages);
        Assert.Equal((0, 0), (index.Documents.Ready, index.Snapshot.Chunks));
    }

    [Fact]
    public async Task What_is_entered_twice_is_found_once()
    {
        var index = new TestIndex();
        index.Commit(TestIndex.Raw("doc", 1, ["wing"]));
        index.Commit(TestIndex.Raw("doc", 1, ["wing"]));
        Assert.Single((await index.SearchAsync("wing")).Passages);
        Assert.True(await index.MergeAsync(purge: true, Token));
        Assert.Single((await index.SearchAsync("wing")).Passages);
        Assert.Equal(1, index.Documents.Ready);
    }

    [Fact]
    public async Task A_purge_leaves_nothing_of_what_was_removed()
    {
        var index = new TestIndex();
        index.Commit(TestIndex.Raw("keep", 1, ["wing"]), TestIndex.Raw("drop", 1, ["lift"]));
        index.Remove("drop", 2);
        while (await index.MergeAsync(purge: true, Token))
        {
        }
        Assert.All(index.Views, view => Assert.Equal(-1, view.Segment.Hot.Terms.Find("lift")));
        Assert.Equal(1, index.Views.Sum(view => view.Segment.Info.Chunks));
        Assert.Equal(1, index.Views.Sum(view => view.Segment.Entries.Count));
    }

    private static async Task CompareAsync(TestIndex index, IReadOnlyCollection<PreparedDocument> held, Random random)
    {
        string[] query = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Words[random.Next(Words.Length)]).Distinct(), "absent"];
        var expected = BruteForce(held, query).Take(10).ToList();
        var actual = (await index.SearchAsync(string.Join(' ', query))).Passages;
        Assert.Equal(expected.Select(found => found.Id), actual.Select(Id));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First.Score, pair.Second.Score, 1e-6));
    }

    /// <summary>BM25 as it is written in the paper, over all passages, with no index; scores as exact as an answer has them.</summary>
    private static IEnumerable<(string Id, float Score)> BruteForce(IReadOnlyCollection<PreparedDocument> documents, string[] query)
    {
        var passages = documents.SelectMany(document => document.Chunks.Select((chunk, i) => (document.Entry.Document, Ordinal: i + 1, Words: chunk.Text.Split(' ')))).ToList();
        var average = passages.Average(passage => passage.Words.Length);
        var containing = query.ToDictionary(term => term, term => (double)passages.Count(passage => passage.Words.Contains(term)));
        return passages
            .Select(passage => (passage.Document, passage.Ordinal, Score: (float)query.Sum(term =>
            {
                double frequency = passage.Words.Count(word => word == term);
                var idf = Math.Log(1 + (passages.Count - containing[term] + 0.5) / (containing[term] + 0.5));
                return idf * frequency * 2.2 / (frequency + 1.2 * (0.25 + 0.75 * passage.Words.Length / average));
            })))
            .Where(passage => passage.Score > 0)
            .OrderByDescending(passage => passage.Score).ThenBy(passage => passage.Document, StringComparer.Ordinal).ThenBy(passage => passage.Ordinal)
            .Select(passage => ($"{passage.Document}#{passage.Ordinal}", passage.Score));
    }

    private static IEnumerable<string> Ids(SearchOutcome outcome) => outcome.Passages.Select(Id);

    private static string Id(Found found) => $"{found.Hit.Entry.Document}#{found.Hit.Ordinal}";

    private static PreparedDocument Document(Random random, string id, int revision) => TestIndex.Raw(
        id, revision,
        Enumerable.Range(1, random.Next(1, 5)).Select(_ => string.Join(' ', Enumerable.Range(0, random.Next(1, 30)).Select(_ => Words[(int)(Words.Length * Math.Pow(random.NextDouble(), 2))]))));
}
