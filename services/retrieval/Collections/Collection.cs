using Agents.Retrieval.Search;

namespace Agents.Retrieval.Collections;

/// <summary>A set of documents that is searched as one.</summary>
/// <param name="Id"><c>coll_...</c></param>
/// <param name="Name">Unique within the tenant.</param>
/// <param name="Language">Decides stop words and stemming: <c>en</c>, <c>de</c>, <c>fr</c>, <c>es</c>, or <c>none</c>.</param>
/// <param name="Documents">How many documents there are in each state.</param>
/// <param name="KnowledgeVersion">Changes whenever the answer to the same question might.</param>
/// <param name="CreatedAt">UTC.</param>
public sealed record Collection(
    string Id, string Name, IReadOnlyDictionary<string, string> Metadata, string Language, DocumentCounts Documents, IndexStatus Index,
    string KnowledgeVersion, DateTimeOffset CreatedAt);

/// <summary>Documents by state.</summary>
public sealed record DocumentCounts(int Queued, int Indexing, int Ready, int Failed);

/// <summary>The index of a collection.</summary>
/// <param name="Chunks">Passages that can be found.</param>
/// <param name="Mode">How it is searched unless a request says otherwise: <c>lexical</c> as long as no passage has a vector.</param>
/// <param name="WithoutVector">Passages that are still to be embedded; they are found by their words.</param>
/// <param name="EmbeddingModel">The model that made the vectors.</param>
/// <param name="LagSeconds">Age of the oldest accepted document that is not searchable yet; 0 when there is none.</param>
public sealed record IndexStatus(int Chunks, SearchMode Mode, int WithoutVector, string? EmbeddingModel, int Segments, double LagSeconds);

/// <summary>What is stored about a collection; a deleted one stays as a tombstone for a while.</summary>
internal sealed record CollectionRecord(
    string Id, string Name, IReadOnlyDictionary<string, string> Metadata, DateTimeOffset CreatedAt, bool Deleted, string? Language = null);
