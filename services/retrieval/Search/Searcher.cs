using System.Globalization;
using Agents.Defaults.Api;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Indexing;
using Agents.Retrieval.Lexical;

namespace Agents.Retrieval.Search;

/// <summary>What is looked for.</summary>
/// <param name="Principals">Who asks; null sees everything.</param>
internal sealed record SearchQuery(string Text, int Limit, IReadOnlySet<string>? Principals, IReadOnlyDictionary<string, string> Filter);

/// <summary>Passages, best first, and the version of what was searched.</summary>
internal sealed record SearchOutcome(IReadOnlyList<(double Score, IndexedChunk Chunk)> Passages, string KnowledgeVersion);

/// <summary>Lexical search over one or more collections as if they were one, so that scores compare.</summary>
internal sealed class Searcher(IndexCache indexes, RetrievalTelemetry telemetry, TimeProvider time)
{
    private const int RefreshesAtOnce = 8;

    public async Task<SearchOutcome> SearchAsync(
        string tenant, IReadOnlyList<CollectionRecord> collections, SearchQuery query, CancellationToken cancellationToken)
    {
        using var activity = RetrievalTelemetry.StartSearch(tenant, collections.Count);
        var started = time.GetTimestamp();
        var searched = collections.Select(collection => indexes.Get(new CollectionKey(tenant, collection.Id))).ToList();
        await Parallel.ForEachAsync(
            searched, new ParallelOptions { MaxDegreeOfParallelism = RefreshesAtOnce, CancellationToken = cancellationToken },
            async (index, cancellation) => await index.RefreshAsync(cancellation));
        var version = VersionOf(searched);
        var passages = Find(searched, query);
        activity?.SetTag("agents.passages", passages.Count);
        telemetry.Searched(time.GetElapsedTime(started));
        return new SearchOutcome(passages, version);
    }

    private static IReadOnlyList<(double Score, IndexedChunk Chunk)> Find(IReadOnlyList<CollectionIndex> searched, SearchQuery query)
    {
        // A word said twice counts twice.
        var terms = Tokenizer.Terms(query.Text).CountBy(term => term).ToList();
        var names = terms.ConvertAll(term => term.Key);
        var corpus = CorpusStatistics.Sum([.. searched.Select(index => index.Lexical.Describe(names))], names.Count);
        var weighted = terms.Select((term, i) => (term.Key, term.Value * Bm25.Idf(corpus.Passages, corpus.Containing[i]))).ToList();
        var best = new BestPassages(query.Limit);
        foreach (var index in searched)
            index.Lexical.Search(weighted, corpus.AverageLength, header => header.IsOpenTo(query.Principals) && header.Matches(query.Filter), best);
        return best.ToList();
    }

    private static string VersionOf(List<CollectionIndex> searched) => searched is [var single]
        ? single.Version.ToString(CultureInfo.InvariantCulture)
        : Ids.Hash(string.Join(' ', searched.Select(index => $"{index.Collection.Id}.{index.Version}").Order(StringComparer.Ordinal)));
}
