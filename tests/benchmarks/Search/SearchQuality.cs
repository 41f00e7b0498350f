using System.Globalization;
using Agents.Inference.Providers.UseLite;
using Agents.Retrieval.Search;

namespace Agents.Benchmarks.Search;

/// <summary>
/// How good each way of searching is, on the half of the queries that nothing was chosen by (odd places), with a paired bootstrap of
/// hybrid against the better leg; and the reference BM25 written out plainly, whose ranking the index must give.
/// </summary>
internal static class SearchQuality
{
    private const int Resamples = 10_000;

    public static async Task RunAsync(DataSet set, UseLiteModel? model, CancellationToken cancellationToken)
    {
        async Task<float[]> EmbedAsync(string text) => (await model!.EmbedAsync([model.Tokenize(text)[..Math.Min(128, model.Tokenize(text).Length)]], cancellationToken))[0];
        var index = new BenchIndex([.. set.Documents.Select(document => BenchIndex.Prepare(
            document.Id, document.Title, document.Text, text => model is null ? null : EmbedAsync(text).GetAwaiter().GetResult()))]);
        var scores = new Dictionary<SearchMode, (double[] Ndcg, double[] Hit)>();
        foreach (var mode in model is null ? [SearchMode.Lexical] : Enum.GetValues<SearchMode>())
        {
            var (ndcg, hit) = (new double[set.Queries.Count], new double[set.Queries.Count]);
            for (var q = 0; q < set.Queries.Count; q++)
            {
                var found = await index.DocumentsAsync(set.Queries[q], mode, model is null ? null : await EmbedAsync(set.Queries[q]));
                (ndcg[q], hit[q]) = (set.Ndcg(q, found), found.Count > 0 && set.Relevant[q].ContainsKey(found[0]) ? 1 : 0);
            }
            scores[mode] = (ndcg, hit);
            Console.WriteLine(Text(
                $"{set.Name,-10}{mode,-9} nDCG@10 {Mean(Half(ndcg, 0)),6:0.000} / {Mean(Half(ndcg, 1)):0.000} / {ndcg.Average():0.000}   hit@1 {Mean(Half(hit, 0)):0.000} / {Mean(Half(hit, 1)):0.000} / {hit.Average():0.000}   wrong first {hit.Count(one => one == 0)} of {hit.Length}"));
        }
        if (model is null)
            return;
        var better = scores[SearchMode.Lexical].Ndcg.Average() >= scores[SearchMode.Vector].Ndcg.Average() ? SearchMode.Lexical : SearchMode.Vector;
        foreach (var (half, name) in new[] { (0, "first half"), (1, "held-out half") })
        {
            double[] gain = [.. Half(scores[SearchMode.Hybrid].Ndcg, half).Zip(Half(scores[better].Ndcg, half), (hybrid, leg) => hybrid - leg)];
            var (low, high) = Bootstrap(gain);
            Console.WriteLine(Text($"{set.Name,-10}hybrid - {better}, {name}: {gain.Average():+0.0000;-0.0000}, 95 % of resamples in [{low:+0.0000;-0.0000}, {high:+0.0000;-0.0000}]"));
        }
    }

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
