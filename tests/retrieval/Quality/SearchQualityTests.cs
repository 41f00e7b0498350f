using System.Globalization;
using System.Text.Json;
using Agents.Retrieval.Tests.Indexing;

namespace Agents.Retrieval.Tests.Quality;

/// <summary>How good the search is on public test collections, which are measured on but not shipped.</summary>
public sealed class SearchQualityTests(ITestOutputHelper output)
{
    private const double CranfieldFloor = 0.50;
    private const double XquadFloor = 0.92;

    /// <summary>Gain by relevance code: 1 is best, 4 is least, -1 is the paper the question was asked about.</summary>
    private static readonly Dictionary<int, double> CranfieldGains = new() { [1] = 4, [2] = 3, [3] = 2, [4] = 1, [-1] = 4 };

    [Fact]
    public async Task Ranks_the_Cranfield_abstracts_near_a_good_BM25()
    {
        var folder = DataFolder("cranfield");
        var index = new TestIndex();
        foreach (var document in Lines(folder, "docs.jsonl"))
            Put(index, document.GetProperty("id").GetInt32().ToString(CultureInfo.InvariantCulture), document.GetProperty("title").GetString()!, document.GetProperty("text").GetString()!);
        var judged = File.ReadLines(Path.Combine(folder, "qrels.dev.tsv")).Select(line => line.Split('\t'))
            .ToLookup(fields => fields[0], fields => (Document: fields[1], Gain: CranfieldGains[int.Parse(fields[2], CultureInfo.InvariantCulture)]));

        var queries = Lines(folder, "queries.dev.jsonl")
            .Select(query => (Id: query.GetProperty("id").GetInt32().ToString(CultureInfo.InvariantCulture), Text: query.GetProperty("text").GetString()!)).ToList();
        var found = await Task.WhenAll(queries.Select(query => DocumentsAsync(index, query.Text, 10)));
        var mean = queries.Zip(found).Average(pair => Ndcg(pair.Second, judged[pair.First.Id].ToDictionary(judgement => judgement.Document, judgement => judgement.Gain)));

        output.WriteLine($"Cranfield: {queries.Count} queries, mean nDCG@10 {mean:0.000} (asserted >= {CranfieldFloor})");
        Assert.True(mean >= CranfieldFloor, $"nDCG@10 is {mean:0.000}");
    }

    [Fact]
    public async Task Finds_the_paragraph_that_answers_a_question()
    {
        var folder = DataFolder("squad-xquad-en");
        var index = new TestIndex();
        foreach (var document in Lines(folder, "docs.jsonl"))
            Put(index, document.GetProperty("id").GetString()!, document.GetProperty("title").GetString()!.Replace('_', ' '), document.GetProperty("text").GetString()!);

        var queries = Lines(folder, "queries.dev.jsonl")
            .Select(query => (Text: query.GetProperty("question").GetString()!, Document: query.GetProperty("doc").GetString()!)).ToList();
        var found = await Task.WhenAll(queries.Select(query => DocumentsAsync(index, query.Text, 10)));
        var hits = queries.Zip(found).Count(pair => pair.Second.FirstOrDefault() == pair.First.Document) / (double)queries.Count;
        var ndcg = queries.Zip(found).Average(pair => Ndcg(pair.Second, new() { [pair.First.Document] = 1 }));

        output.WriteLine($"XQuAD: {queries.Count} questions, hit@1 {hits:0.000} (asserted >= {XquadFloor}), nDCG@10 {ndcg:0.000}; wrong: {queries.Zip(found).Count(pair => pair.Second.FirstOrDefault() != pair.First.Document)}");
        Assert.True(hits >= XquadFloor, $"hit@1 is {hits:0.000}");
    }

    private static void Put(TestIndex index, string id, string title, string text) => index.Commit(TestIndex.Document(id, 1, title, text));

    // A document stands where its best passage stands.
    private static async Task<List<string>> DocumentsAsync(TestIndex index, string query, int limit) =>
        [.. (await index.SearchAsync(query, limit: 50, language: "en")).Passages.Select(found => found.Hit.Entry.Document).Distinct().Take(limit)];

    private static double Ndcg(List<string> found, Dictionary<string, double> gains)
    {
        static double Discounted(IEnumerable<double> gains) => gains.Select((gain, rank) => gain / Math.Log2(rank + 2)).Sum();
        return Discounted(found.Select(document => gains.GetValueOrDefault(document))) / Discounted(gains.Values.OrderDescending().Take(10));
    }

    private static IEnumerable<JsonElement> Lines(string folder, string file) =>
        File.ReadLines(Path.Combine(folder, file)).Select(line => JsonSerializer.Deserialize<JsonElement>(line));

    private static string DataFolder(string name)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Agents.sln")))
            root = root.Parent;
        var folder = Path.Combine((root ?? new DirectoryInfo(Testing.Stack.RepositoryRoot)).FullName, "..", "shared", "data", name);
        Assert.SkipUnless(Directory.Exists(folder), "not run: no data");
        return folder;
    }
}
