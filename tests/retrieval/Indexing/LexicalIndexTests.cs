using Agents.Retrieval.Indexing;
using Agents.Retrieval.Lexical;

namespace Agents.Retrieval.Tests.Indexing;

/// <summary>The index against the formula applied to every passage in turn.</summary>
public sealed class LexicalIndexTests
{
    private static readonly string[] Words = ["wing", "lift", "drag", "flow", "shock", "heat", "plate", "speed", "jet", "wall", "rare", "rarer"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Scores_and_orders_as_the_formula_does(int seed)
    {
        var random = new Random(seed);
        var index = new LexicalIndex("coll");
        var held = new Dictionary<string, Segment>();
        for (var step = 0; step < 3_000; step++)
        {
            var id = $"doc{random.Next(120)}";
            if (random.Next(4) == 0)
            {
                held.Remove(id);
                index.Remove(id);
            }
            else
            {
                held[id] = Document(random, id, step);
                index.Put(held[id]);
            }
            if (step % 250 == 249)
                Compare(index, held, random);
        }
    }

    [Fact]
    public void Equal_scores_are_ordered_by_document_and_place()
    {
        var index = new LexicalIndex("coll");
        foreach (var id in new[] { "doc_c", "doc_a", "doc_b" })
            index.Put(new Segment(id, 1, Header(), [Chunk(1, "wing"), Chunk(2, "wing")]));
        Assert.Equal(
            ["doc_a#1", "doc_a#2", "doc_b#1", "doc_b#2"],
            Search(index, ["wing"], 4, _ => true).Select(found => found.Id));
    }

    [Fact]
    public void Searches_what_is_admitted_only()
    {
        var index = new LexicalIndex("coll");
        index.Put(new Segment("open", 1, Header(), [Chunk(1, "wing")]));
        index.Put(new Segment("closed", 1, Header("alice"), [Chunk(1, "wing wing")]));
        Assert.Equal(["open#1"], Search(index, ["wing"], 10, header => header.IsOpenTo(new HashSet<string>())).Select(found => found.Id));
        Assert.Equal(["open#1"], Search(index, ["wing"], 1, header => header.IsOpenTo(new HashSet<string> { "bob" })).Select(found => found.Id));
        Assert.Equal(2, Search(index, ["wing"], 10, header => header.IsOpenTo(new HashSet<string> { "bob", "alice" })).Count);
        Assert.Equal(2, Search(index, ["wing"], 10, header => header.IsOpenTo(null)).Count);
    }

    [Fact]
    public void A_newer_revision_takes_the_place_of_the_older()
    {
        var index = new LexicalIndex("coll");
        index.Put(new Segment("doc", 1, Header(), [Chunk(1, "wing"), Chunk(2, "drag")]));
        index.Put(new Segment("doc", 2, Header(), [Chunk(1, "lift")]));
        Assert.Empty(Search(index, ["wing", "drag"], 10, _ => true));
        Assert.Single(Search(index, ["lift"], 10, _ => true));
        Assert.Equal(1, index.Describe(["wing"]).Passages);
        Assert.Equal(2, index.RevisionOf("doc"));
    }

    [Fact]
    public void Memory_is_given_back_when_everything_is_removed()
    {
        var random = new Random(5);
        var index = new LexicalIndex("coll");
        for (var i = 0; i < 500; i++)
            index.Put(Document(random, $"doc{i}", i));
        Assert.True(index.Bytes > 0);
        for (var i = 0; i < 500; i++)
            index.Remove($"doc{i}");
        Assert.Equal(0, index.Bytes);
        Assert.Equal(0, index.Describe(["wing"]).Containing[0]);
        Assert.Equal(0, index.Describe(["wing"]).TotalLength);
    }

    private static void Compare(LexicalIndex index, Dictionary<string, Segment> held, Random random)
    {
        string[] query = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Words[random.Next(Words.Length)]).Distinct(), "absent"];
        var expected = BruteForce(held.Values, query).Take(10).ToList();
        var actual = Search(index, query, 10, _ => true);
        Assert.Equal(expected.Select(found => found.Id), actual.Select(found => found.Id));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First.Score, pair.Second.Score, 1e-9));
    }

    /// <summary>BM25 as it is written in the paper, over all passages, with no index.</summary>
    private static IEnumerable<(string Id, double Score)> BruteForce(IReadOnlyCollection<Segment> documents, string[] query)
    {
        var passages = documents.SelectMany(document => document.Chunks.Select(chunk => (Document: document.Document, chunk.Ordinal, Words: chunk.Text.Split(' ')))).ToList();
        var average = passages.Average(passage => passage.Words.Length);
        return passages
            .Select(passage => (passage.Document, passage.Ordinal, Score: query.Sum(term =>
            {
                double frequency = passage.Words.Count(word => word == term);
                double containing = passages.Count(other => other.Words.Contains(term));
                var idf = Math.Log(1 + (passages.Count - containing + 0.5) / (containing + 0.5));
                return idf * frequency * 2.2 / (frequency + 1.2 * (0.25 + 0.75 * passage.Words.Length / average));
            })))
            .Where(passage => passage.Score > 0)
            .OrderByDescending(passage => Math.Round(passage.Score, 9)).ThenBy(passage => passage.Document, StringComparer.Ordinal).ThenBy(passage => passage.Ordinal)
            .Select(passage => ($"{passage.Document}#{passage.Ordinal}", passage.Score));
    }

    private static IReadOnlyList<(string Id, double Score)> Search(LexicalIndex index, IReadOnlyList<string> terms, int limit, Func<SegmentHeader, bool> admit)
    {
        var corpus = index.Describe(terms);
        var best = new BestPassages(limit);
        index.Search([.. terms.Select((term, i) => (term, Bm25.Idf(corpus.Passages, corpus.Containing[i])))], corpus.AverageLength, admit, best);
        return [.. best.ToList().Select(found => ($"{found.Chunk.Document.Id}#{found.Chunk.Ordinal}", found.Score))];
    }

    private static Segment Document(Random random, string id, int revision) => new(
        id, revision, Header(),
        [.. Enumerable.Range(1, random.Next(1, 5)).Select(ordinal => Chunk(ordinal, string.Join(' ', Enumerable.Range(0, random.Next(1, 30)).Select(_ => Words[(int)(Words.Length * Math.Pow(random.NextDouble(), 2))]))))]);

    private static SegmentChunk Chunk(int ordinal, string text) => new(ordinal, text, Tokenizer.Count(text.Split(' ')));

    private static SegmentHeader Header(params string[] principals) => new("title", new Dictionary<string, string>(), principals);
}
