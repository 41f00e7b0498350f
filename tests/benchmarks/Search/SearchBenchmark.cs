using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Agents.Inference.Providers.UseLite;
using Agents.Retrieval.Search;
using Agents.Retrieval.Segments;

namespace Agents.Benchmarks.Search;

/// <summary>
/// Retrieval in this process, on one core: quality and speed on public test sets, lexical and vector search at 10,000 and 100,000 passages,
/// beside JavaScript and C++ engines with the same documents, vectors and queries in the same run.
/// </summary>
internal static class SearchBenchmark
{
    public const int Small = 10_000;
    public const int Large = 100_000;
    private const int VectorQueries = 500;

    // Some of the engines take a second for a query at this size.
    private const int RivalQueries = 20;
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        var weights = Path.Combine(AppContext.BaseDirectory, "embed-use-lite");
        using var model = Directory.Exists(weights) ? UseLiteModel.Load(weights) : null;
        if (model is null)
            Console.WriteLine("hybrid and vector search not run: the build had no npm, so there is no embedding model");
        var folder = Directory.CreateTempSubdirectory("agents-bench-").FullName;
        try
        {
            if (DataSet.Cranfield() is { } cranfield)
            {
                await SearchQuality.RunAsync(cranfield, model, cancellationToken);
                if (DataSet.Xquad() is { } xquad)
                    await SearchQuality.RunAsync(xquad, model, cancellationToken);
                await LexicalAsync(cranfield, folder, cancellationToken);
                var (passages, asked) = Passages(cranfield);
                await GrowthAsync(cranfield, passages, asked, folder, cancellationToken);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task LexicalAsync(DataSet set, string folder, CancellationToken cancellationToken)
    {
        Console.WriteLine($"\n{set.Name}, by words{"queries/s",21}{"p50 ms",9}{"p99 ms",9}{"nDCG@10",9}");
        var index = new BenchIndex([.. set.Documents.Select(document => BenchIndex.Prepare(document.Id, document.Title, document.Text, _ => null))]);
        var ndcg = 0d;
        for (var q = 0; q < set.Queries.Count; q++)
            ndcg += set.Ndcg(q, await index.DocumentsAsync(set.Queries[q], SearchMode.Lexical, null)) / set.Queries.Count;
        Print("this, 10 best", await TimesAsync(set.Queries, query => index.SearchAsync(query, SearchMode.Lexical, 10, null)), ndcg);
        var rivals = await Node.RunAsync(new { documents = set.Documents, queries = set.Queries }, folder, cancellationToken);
        foreach (var rival in rivals)
            Print(rival, rival.Found is null ? 0 : rival.Found.Select((found, q) => set.Ndcg(q, found.Select(id => id.ToString()))).Average());
    }

    /// <summary>Passages put together from sentences of the set, with vectors around as many centres as there are topics in a large collection.</summary>
    public static (PreparedDocument[] Documents, float[][] Asked) Passages(DataSet set)
    {
        var random = new Random(1);
        string[] sentences = [.. set.Documents.SelectMany(document => document.Text.Split(" . ", StringSplitOptions.RemoveEmptyEntries)).Where(sentence => sentence.Length > 20)];
        var centres = Enumerable.Range(0, 1_000).Select(_ => Gaussian(random, 512, null)).ToArray();
        PreparedDocument[] documents = [.. Enumerable.Range(0, Large).Select(i =>
        {
            var text = string.Join(". ", Enumerable.Range(0, 4).Select(_ => sentences[random.Next(sentences.Length)]));
            var prepared = BenchIndex.Prepare($"doc{i:000000}", "", text[..Math.Min(text.Length, 780)], _ => null);
            return prepared with { Chunks = [.. prepared.Chunks.Take(1).Select(chunk => chunk with { Vector = Gaussian(random, 512, centres[random.Next(centres.Length)]) })], Entry = prepared.Entry with { Chunks = 1, Length = prepared.Chunks[0].Terms.Values.Sum() } };
        })];
        return (documents, [.. Enumerable.Range(0, VectorQueries).Select(_ => Gaussian(random, 512, centres[random.Next(centres.Length)]))]);
    }

    private static async Task GrowthAsync(DataSet set, PreparedDocument[] documents, float[][] asked, string folder, CancellationToken cancellationToken)
    {
        foreach (var count in new[] { Small, Large })
        {
            var started = Stopwatch.GetTimestamp();
            var index = new BenchIndex(documents[..count]);
            var built = Stopwatch.GetElapsedTime(started).TotalSeconds;
            Console.WriteLine(Text($"\n{count} passages: built in {built:0.0} s, {index.Bytes / (double)count:0} bytes each in memory by estimate, {SegmentFormat.WriteHot(index.Data, [count]).Length / (double)count:0} stored for searching"));
            Console.WriteLine($"{"",31}{"queries/s",12}{"p50 ms",9}{"p99 ms",9}{"recall@10",11}");
            Print("by words", await TimesAsync(set.Queries, query => index.SearchAsync(query, SearchMode.Lexical, 10, null)), null);
            var n = 0;
            Print("by vector", await TimesAsync(asked, vector => index.SearchAsync("", SearchMode.Vector, 10, vector)), await RecallAsync(index, documents, count, asked));
            Print("hybrid", await TimesAsync(set.Queries, query => index.SearchAsync(query, SearchMode.Hybrid, 10, asked[n++ % asked.Length])), null);
            foreach (var rival in await Node.RunAsync(new { documents = documents[..count].Select(Plain), queries = set.Queries.Take(RivalQueries) }, folder, cancellationToken))
                Print(rival, null);
            var (file, queries) = (Path.Combine(folder, "vectors.f32"), Path.Combine(folder, "queries.f32"));
            Write(file, documents[..count].Select(document => document.Chunks[0].Vector!));
            Write(queries, asked);
            var truth = Truth(documents, count, asked);
            foreach (var rival in await Node.RunAsync(new { vectors = file, vectorQueries = queries, dimensions = 512 }, folder, cancellationToken))
                Print(rival, rival.Found is null ? 0 : rival.Found.Select((found, q) => found.Count(id => truth[q].Contains(id.GetInt32())) / 10d).Average());
        }
    }

    private static DataDocument Plain(PreparedDocument document) => new(document.Entry.Document, "", document.Chunks[0].Text);

    private static async Task<double> RecallAsync(BenchIndex index, PreparedDocument[] documents, int count, float[][] asked)
    {
        var truth = Truth(documents, count, asked);
        var hits = 0;
        for (var q = 0; q < asked.Length; q++)
            hits += (await index.SearchAsync("", SearchMode.Vector, 10, asked[q])).Passages.Count(found => truth[q].Contains(found.Hit.Chunk));
        return hits / (10d * asked.Length);
    }

    private static HashSet<int>[] Truth(PreparedDocument[] documents, int count, float[][] asked)
    {
        var truth = new HashSet<int>[asked.Length];
        Parallel.For(0, asked.Length, q => truth[q] =
            [.. Enumerable.Range(0, count).OrderByDescending(i => TensorPrimitives.Dot<float>(asked[q], documents[i].Chunks[0].Vector)).Take(10)]);
        return truth;
    }

    private static async Task<double[]> TimesAsync<T>(IReadOnlyList<T> queries, Func<T, Task> search)
    {
        foreach (var query in queries)
            await search(query);
        var times = new List<double>();
        for (var begun = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begun) < Measured;)
        {
            foreach (var query in queries)
            {
                var started = Stopwatch.GetTimestamp();
                await search(query);
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        }
        return [.. times.Order()];
    }

    private static float[] Gaussian(Random random, int dimensions, float[]? around)
    {
        var vector = new float[dimensions];
        for (var i = 0; i < dimensions; i++)
        {
            var noise = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()) / Math.Sqrt(dimensions));
            vector[i] = around is null ? noise : around[i] + 0.8f * noise;
        }
        TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), vector);
        return vector;
    }

    private static void Write(string file, IEnumerable<float[]> vectors)
    {
        using var stream = File.Create(file);
        foreach (var vector in vectors)
            stream.Write(MemoryMarshal.AsBytes(vector.AsSpan()));
    }

    private static void Print(string name, double[] times, double? quality) => Console.WriteLine(Text(
        $"{name,-31}{times.Length / (times.Sum() / 1_000),12:0}{times[times.Length / 2],9:0.000}{times[(int)(times.Length * 0.99)],9:0.000}{quality,10:0.0000}"));

    private static void Print(Rival rival, double? quality) => Console.WriteLine(rival.Error is { } error
        ? $"{rival.Name,-31} not run: {error}"
        : Text($"{rival.Name,-31}{rival.PerSecond,12:0}{rival.P50,9:0.000}{rival.P99,9:0.000}{quality,10:0.0000}{(rival.BuildSeconds > 0 ? Text($"   built in {rival.BuildSeconds:0.0} s") : "")}"));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
