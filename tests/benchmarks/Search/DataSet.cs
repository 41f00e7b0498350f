using System.Globalization;
using System.Text.Json;

namespace Agents.Benchmarks.Search;

/// <summary>A test collection under <c>../shared/data</c>, which is measured on but not shipped.</summary>
/// <param name="Relevant">For each query, the gain of each relevant document.</param>
internal sealed record DataSet(string Name, IReadOnlyList<DataDocument> Documents, IReadOnlyList<string> Queries, IReadOnlyList<IReadOnlyDictionary<string, double>> Relevant)
{
    // Code 1 is best, 4 is least, -1 is the paper that the question was asked about.
    private static readonly Dictionary<string, double> Gains = new() { ["1"] = 4, ["2"] = 3, ["3"] = 2, ["4"] = 1, ["-1"] = 4 };

    /// <summary>Null when the data are not there.</summary>
    public static DataSet? Cranfield()
    {
        if (Folder("cranfield") is not { } folder)
            return null;
        var judged = File.ReadLines(Path.Combine(folder, "qrels.dev.tsv")).Select(line => line.Split('\t')).ToLookup(fields => fields[0], fields => (fields[1], Gains[fields[2]]));
        var queries = Lines(folder, "queries.dev.jsonl").ToList();
        return new DataSet(
            "Cranfield", ReadDocuments(folder), [.. queries.Select(query => query.GetProperty("text").GetString()!)],
            [.. queries.Select(query => judged[query.GetProperty("id").ToString()].ToDictionary(pair => pair.Item1, pair => pair.Item2))]);
    }

    /// <inheritdoc cref="Cranfield"/>
    public static DataSet? Xquad()
    {
        if (Folder("squad-xquad-en") is not { } folder)
            return null;
        var queries = Lines(folder, "queries.dev.jsonl").ToList();
        return new DataSet(
            "XQuAD", ReadDocuments(folder), [.. queries.Select(query => query.GetProperty("question").GetString()!)],
            [.. queries.Select(query => new Dictionary<string, double> { [query.GetProperty("doc").GetString()!] = 1 })]);
    }

    /// <summary>nDCG@10 of what was found for a query.</summary>
    public double Ndcg(int query, IEnumerable<string> found)
    {
        static double Discounted(IEnumerable<double> gains) => gains.Select((gain, rank) => gain / Math.Log2(rank + 2)).Sum();
        return Discounted(found.Take(10).Select(document => Relevant[query].GetValueOrDefault(document))) / Discounted(Relevant[query].Values.OrderDescending().Take(10));
    }

    private static List<DataDocument> ReadDocuments(string folder) =>
        [.. Lines(folder, "docs.jsonl").Select(line => new DataDocument(
            line.GetProperty("id").ToString(), line.GetProperty("title").GetString()!.Replace('_', ' '), line.GetProperty("text").GetString()!))];

    private static IEnumerable<JsonElement> Lines(string folder, string file) =>
        File.ReadLines(Path.Combine(folder, file)).Select(line => JsonSerializer.Deserialize<JsonElement>(line));

    private static string? Folder(string name)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Agents.sln")))
            root = root.Parent;
        var folder = root is null ? null : Path.Combine(root.FullName, "..", "shared", "data", name);
        if (Directory.Exists(folder))
            return folder;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} not run: no data"));
        return null;
    }
}

internal sealed record DataDocument(string Id, string Title, string Text);
