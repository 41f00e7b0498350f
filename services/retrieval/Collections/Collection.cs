namespace Agents.Retrieval.Collections;

/// <summary>A set of documents that is searched as one.</summary>
/// <param name="Id"><c>coll_...</c></param>
/// <param name="Name">Unique within the tenant.</param>
/// <param name="Documents">How many documents there are in each state.</param>
/// <param name="KnowledgeVersion">Changes whenever the answer to the same question might.</param>
/// <param name="CreatedAt">UTC.</param>
public sealed record Collection(
    string Id, string Name, IReadOnlyDictionary<string, string> Metadata, DocumentCounts Documents, string KnowledgeVersion, DateTimeOffset CreatedAt);

/// <summary>Documents by state.</summary>
public sealed record DocumentCounts(int Queued, int Indexing, int Ready, int Failed);

/// <summary>What is stored about a collection; a deleted one stays as a tombstone for a while.</summary>
internal sealed record CollectionRecord(
    string Id, string Name, IReadOnlyDictionary<string, string> Metadata, DateTimeOffset CreatedAt, bool Deleted);
