namespace Agents.Contracts;

/// <summary>Conversation asks retrieval for passages: <c>POST /internal/search</c>, tenant by header.</summary>
/// <param name="Collections">Collection ids; null searches every collection of the tenant, an empty list none.</param>
/// <param name="Query">At most 8,192 characters.</param>
/// <param name="Limit">1 to 50.</param>
/// <param name="Principals">Who asks; documents with an access list are found only by one of its principals.</param>
public sealed record SearchPassages(IReadOnlyList<string>? Collections, string Query, int Limit, IReadOnlyList<string> Principals);

/// <summary>Passages, best first.</summary>
/// <param name="KnowledgeVersion">Changes whenever the answer to the same question might.</param>
public sealed record FoundPassages(IReadOnlyList<Passage> Data, string KnowledgeVersion);

/// <summary>A piece of a document.</summary>
/// <param name="Ordinal">The piece's place in its document, from 1.</param>
/// <param name="Score">Relevance; comparable only within one answer.</param>
public sealed record Passage(string DocumentId, string CollectionId, string ChunkId, string Title, int Ordinal, string Text, double Score);
