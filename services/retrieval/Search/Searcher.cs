using System.Globalization;
using System.Text;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Embeddings;
using Agents.Retrieval.Indexing;
using Agents.Retrieval.Lexical;
using Agents.Retrieval.Segments;

namespace Agents.Retrieval.Search;

/// <summary>Search over one or more collections as if they were one, so that scores compare.</summary>
internal sealed class Searcher(IndexCache indexes, Embedder embedder, RetrievalTelemetry telemetry, TimeProvider time)
{
    private const int Attempts = 3;

    /// <exception cref="ProblemException">503 <c>embeddings_unavailable</c>: vectors were asked for and there is none for the query.</exception>
    public async Task<SearchOutcome> SearchAsync(
        string tenant, IReadOnlyList<CollectionRecord> collections, SearchQuery query, CancellationToken cancellationToken)
    {
        using var activity = RetrievalTelemetry.StartSearch(tenant, collections.Count);
        var started = time.GetTimestamp();
        var embedding = query.Mode == SearchMode.Lexical ? Task.FromResult<float[]?>(null) : embedder.EmbedAsync(tenant, query.Text, cancellationToken);
        for (var attempt = 1; ; attempt++)
        {
            var snapshots = await Task.WhenAll(collections.Select(
                collection => indexes.Get(new CollectionKey(tenant, collection.Id)).SearchableAsync(cancellationToken)));
            var vector = await embedding is { } full ? new QueryVector(embedder.Model, full) : null;
            if (query.Mode == SearchMode.Vector && vector is null)
                throw new ProblemException(Problem.Unavailable("embeddings_unavailable", "No vector of the query is to be had now; mode 'lexical' needs none."));
            try
            {
                var language = collections.Count == 0 ? Languages.Default : collections[0].Language ?? Languages.Default;
                var outcome = await new Search(query, language, [.. snapshots.SelectMany(snapshot => snapshot.Segments)], vector)
                    .RunAsync(VersionOf(collections, snapshots));
                activity?.SetTag("agents.passages", outcome.Passages.Count).SetTag("agents.mode", outcome.Mode);
                telemetry.Searched(time.GetElapsedTime(started));
                return outcome;
            }
            catch (SegmentGoneException) when (attempt < Attempts)
            {
                // A search that took longer than retired segments are kept begins again with what there is now.
            }
        }
    }

    private static string VersionOf(IReadOnlyList<CollectionRecord> collections, Snapshot[] snapshots) => snapshots is [var single]
        ? single.Manifest.Version.ToString(CultureInfo.InvariantCulture)
        : Ids.Hash(string.Join(' ', snapshots.Select((snapshot, i) => $"{collections[i].Id}.{snapshot.Manifest.Version}").Order(StringComparer.Ordinal)));
}

/// <summary>One search over segments that do not change meanwhile.</summary>
internal sealed class Search(SearchQuery query, string language, IReadOnlyList<SegmentView> segments, QueryVector? vector)
{
    // Candidates whose order by 8 bits is checked against full precision.
    private const int CheckedAtLeast = 10;

    private readonly SearchMode _mode = query.Mode == SearchMode.Hybrid && (vector is null || !segments.Any(vector.Fits)) ? SearchMode.Lexical : query.Mode;

    public async Task<SearchOutcome> RunAsync(string knowledgeVersion)
    {
        var (terms, average) = Weigh();
        var found = _mode switch
        {
            SearchMode.Lexical => [.. Lexical(terms, average, query.Limit).Select(hit => (hit.Hit, hit.Score, Lexical: (float?)hit.Score, Cosine: (float?)null))],
            SearchMode.Vector => await VectorAsync(),
            _ => await HybridAsync(terms, average),
        };
        var passages = new List<Found>(found.Count);
        foreach (var (hit, score, lexical, cosine) in found)
        {
            var detail = await hit.View.Segment.DetailAsync(hit.Chunk);
            passages.Add(new Found(hit, score, lexical, cosine, Encoding.UTF8.GetString(detail.Text)));
        }
        return new SearchOutcome(passages, _mode, knowledgeVersion, terms, average);
    }

    /// <summary>The query's terms with their weights over all that is searched, and the average length of a passage.</summary>
    private (IReadOnlyList<(string Term, double Weight)> Terms, double AverageLength) Weigh()
    {
        long passages = segments.Sum(view => (long)view.Chunks), length = segments.Sum(view => view.Length);
        // A word said twice counts twice.
        var terms = Tokenizer.Count(Tokenizer.Terms(query.Text, language));
        return (
            [.. terms.Select(term => (term.Key, term.Value * Bm25.Idf(passages, segments.Sum(view => LexicalSearch.Containing(view, term.Key)))))],
            passages == 0 ? 1 : Math.Max(1e-9, (double)length / passages));
    }

    private IReadOnlyList<(float Score, Hit Hit)> Lexical(IReadOnlyList<(string Term, double Weight)> terms, double average, int limit)
    {
        var best = new BestHits(limit);
        foreach (var view in segments)
            LexicalSearch.Run(view, terms, average, Admits, best);
        return best.ToList();
    }

    private IReadOnlyList<(float Score, Hit Hit)> Nearest(int limit)
    {
        var best = new BestHits(limit);
        foreach (var view in segments)
            VectorSearch.Run(view, vector!, Admits, best);
        return best.ToList();
    }

    private async Task<IReadOnlyList<(Hit Hit, float Score, float? Lexical, float? Cosine)>> VectorAsync()
    {
        var exact = new List<(Hit Hit, float Score, float? Lexical, float? Cosine)>();
        foreach (var (_, hit) in Nearest(Checked))
        {
            if (await vector!.ExactCosineAsync(hit) is { } cosine)
                exact.Add((hit, cosine, null, cosine));
        }
        return Best(exact);
    }

    private async Task<IReadOnlyList<(Hit Hit, float Score, float? Lexical, float? Cosine)>> HybridAsync(
        IReadOnlyList<(string Term, double Weight)> terms, double average)
    {
        var lexical = Lexical(terms, average, Fusion.Candidates(query.Limit));
        var nearest = Nearest(Fusion.Candidates(query.Limit));
        var top = lexical.Count == 0 ? 0 : lexical[0].Score;
        // A passage without a vector, which it will have soon, counts like the farthest candidate.
        var farthest = nearest.Count == 0 ? 0 : nearest[^1].Score;
        var scores = lexical.ToDictionary(found => found.Hit, found => found.Score);
        foreach (var (cosine, hit) in nearest)
        {
            if (!scores.ContainsKey(hit) && ((float)LexicalSearch.Score(hit, terms, average) is var score && (score > 0 || cosine >= Fusion.LeastCosine)))
                scores.Add(hit, score);
        }
        var rough = new BestHits(Checked);
        foreach (var (hit, score) in scores)
            rough.Add(Fusion.Score(score, top, vector!.Cosine(hit) ?? farthest), hit);
        var exact = new List<(Hit Hit, float Score, float? Lexical, float? Cosine)>();
        foreach (var (_, hit) in rough.ToList())
        {
            var cosine = await vector!.ExactCosineAsync(hit);
            exact.Add((hit, Fusion.Score(scores[hit], top, cosine ?? farthest), scores[hit], cosine));
        }
        return Best(exact);
    }

    private List<(Hit Hit, float Score, float? Lexical, float? Cosine)> Best(List<(Hit Hit, float Score, float? Lexical, float? Cosine)> found) =>
        [.. found.Where(one => one.Score > 0).OrderByDescending(one => one.Score).ThenBy(one => one.Hit, Comparer<Hit>.Create(Hit.Compare)).Take(query.Limit)];

    private int Checked => Math.Max(2 * query.Limit, CheckedAtLeast);

    private bool Admits(EntryHeader header) => header.IsOpenTo(query.Principals) && header.Matches(query.Filter);
}
