using System.Globalization;
using Agents.Inference.Providers.UseLite;
using Agents.Retrieval.Search;

namespace Agents.Benchmarks.Search;

/// <summary>
/// How good each way of searching is, on the half of the queries by which the weight was chosen, the other half, and all; equal-weight rank
/// fusion beside it; and a paired bootstrap of hybrid against the better leg.
/// </summary>
internal static class SearchQuality
{
    private const int Resamples = 10_000;

    public static async Task RunAsync(DataSet set, UseLiteModel? model, CancellationToken cancellationToken)
    {
        async Task<float[]> EmbedAsync(string text) => (await model!.EmbedAsync([model.Tokenize(text)[..Math.Min(128, model.Tokenize(text).Length)]], cancellationToken))[0];
        var index = new BenchIndex([.. set.Documents.Select(document => BenchIndex.Prepare(
            document.Id, document.Title, document.Text, text => model is null ? null : EmbedAsync(text).GetAwaiter().GetResult()))]);
        var lists = new Dictionary<SearchMode, IReadOnlyList<string>[]>();
        var scores = new Dictionary<SearchMode, double[]>();
        foreach (var mode in model is null ? [SearchMode.Lexical] : Enum.GetValues<SearchMode>())
        {
            var found = new IReadOnlyList<string>[set.Queries.Count];
            for (var q = 0; q < found.Length; q++)
                found[q] = await index.DocumentsAsync(set.Queries[q], mode, model is null ? null : await EmbedAsync(set.Queries[q]));
            (lists[mode], scores[mode]) = (found, Judge(set, $"{mode}", found));
        }
        if (model is null)
            return;
        Judge(set, "by ranks", [.. lists[SearchMode.Lexical].Zip(lists[SearchMode.Vector], FuseRanks)]);
        var better = scores[SearchMode.Lexical].Average() >= scores[SearchMode.Vector].Average() ? SearchMode.Lexical : SearchMode.Vector;
        foreach (var (half, name) in new[] { (0, "first half"), (1, "held-out half") })
        {
            double[] gain = [.. Half(scores[SearchMode.Hybrid], half).Zip(Half(scores[better], half), (hybrid, leg) => hybrid - leg)];
            var (low, high) = Bootstrap(gain);
            Console.WriteLine(Text($"{set.Name,-10}hybrid - {better}, {name}: {gain.Average():+0.0000;-0.0000}, 95 % of resamples in [{low:+0.0000;-0.0000}, {high:+0.0000;-0.0000}]"));
        }
    }

    /// <summary>nDCG@10 of each query; prints first half, held-out half and all.</summary>
    private static double[] Judge(DataSet set, string name, IReadOnlyList<string>[] found)
    {
        double[] ndcg = [.. found.Select((list, q) => set.Ndcg(q, list))];
        double[] hit = [.. found.Select((list, q) => list.Count > 0 && set.Relevant[q].ContainsKey(list[0]) ? 1d : 0)];
        Console.WriteLine(Text(
            $"{set.Name,-10}{name,-9} nDCG@10 {Mean(Half(ndcg, 0)),6:0.000} / {Mean(Half(ndcg, 1)):0.000} / {ndcg.Average():0.000}   hit@1 {Mean(Half(hit, 0)):0.000} / {Mean(Half(hit, 1)):0.000} / {hit.Average():0.000}   wrong first {hit.Count(one => one == 0)} of {hit.Length}"));
        return ndcg;
    }

    // Reciprocal rank fusion with equal weights, for comparison: G. Cormack, C. Clarke and S. Büttcher, SIGIR 2009.
    private static IReadOnlyList<string> FuseRanks(IReadOnlyList<string> one, IReadOnlyList<string> other) =>
        [.. new[] { one, other }.SelectMany(list => list.Select((document, rank) => (document, Score: 1.0 / (60 + rank + 1))))
            .GroupBy(pair => pair.document, pair => pair.Score).OrderByDescending(scores => scores.Sum()).Select(scores => scores.Key)];

    private static (double Low, double High) Bootstrap(double[] gains)
    {
        var random = new Random(1);
        double[] means = [.. Enumerable.Range(0, Resamples).Select(_ => Enumerable.Range(0, gains.Length).Average(_ => gains[random.Next(gains.Length)])).Order()];
        return (means[Resamples / 40], means[Resamples - Resamples / 40]);
    }

    private static IEnumerable<double> Half(double[] values, int odd) => values.Where((_, i) => i % 2 == odd);

    private static double Mean(IEnumerable<double> values) => values.Average();

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
