using Agents.Retrieval.Indexing;

namespace Agents.Retrieval.Search;

/// <summary>How passages are found: by words, by meaning, or by both.</summary>
public enum SearchMode
{
    Hybrid,
    Lexical,
    Vector,
}

/// <summary>What is looked for.</summary>
/// <param name="Principals">Who asks; null sees everything.</param>
internal sealed record SearchQuery(
    string Text, int Limit, SearchMode Mode, IReadOnlySet<string>? Principals, IReadOnlyDictionary<string, string> Filter);

/// <summary>A passage that was found.</summary>
/// <param name="Score">What the order goes by.</param>
/// <param name="Lexical">Its BM25 score; null when it was not asked for.</param>
/// <param name="Cosine">Of its vector and the query's; null when there is none.</param>
internal sealed record Found(Hit Hit, float Score, float? Lexical, float? Cosine, string Text);

/// <summary>Passages, best first, how they were found, and the version of what was searched.</summary>
/// <param name="Terms">The terms of the query with their weights, for an explanation.</param>
/// <param name="AverageLength">Of the passages searched, in terms.</param>
internal sealed record SearchOutcome(
    IReadOnlyList<Found> Passages, SearchMode Mode, string KnowledgeVersion, IReadOnlyList<(string Term, double Weight)> Terms, double AverageLength);
