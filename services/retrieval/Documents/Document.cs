namespace Agents.Retrieval.Documents;

/// <summary>A document of a collection.</summary>
/// <param name="Id"><c>doc_...</c></param>
/// <param name="Title">Unique within the collection: the same title again replaces the content.</param>
/// <param name="ContentType"><c>text/plain</c>, <c>text/markdown</c> or <c>text/html</c>.</param>
/// <param name="AllowedPrincipals">Who may find it; everyone when empty.</param>
/// <param name="Error">Why it could not be indexed, a stable code: <c>no_text</c>, <c>unreadable</c>, <c>timeout</c>, <c>collection_full</c>.</param>
/// <param name="Flagged">Its text reads like instructions to a model; it is found all the same, and its passages carry the mark.</param>
/// <param name="Bytes">Size of the text in UTF-8.</param>
/// <param name="Chunks">Passages; 0 until it is ready.</param>
/// <param name="Revision">Counts up with every change.</param>
public sealed record Document(
    string Id, string CollectionId, string Title, DocumentStatus Status, string ContentType, IReadOnlyDictionary<string, string> Metadata,
    IReadOnlyList<string> AllowedPrincipals, string? Error, bool Flagged, int Bytes, int Chunks, int Revision, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>Where a document is on its way; <see cref="Ready"/> and <see cref="Failed"/> are final.</summary>
public enum DocumentStatus
{
    Queued,
    Indexing,
    Ready,
    Failed,
    Deleted,
}

/// <summary>The answer to an accepted document.</summary>
public sealed record DocumentAccepted(string Id, DocumentStatus Status);

/// <summary>The answer to several accepted documents, in the order in which they were sent.</summary>
public sealed record DocumentsAccepted(IReadOnlyList<DocumentAccepted> Data)
{
    public string Object => "list";
}

/// <summary>What is stored about a document, changed by compare-and-swap only.</summary>
/// <param name="Hash">Of everything that was posted; the same again changes nothing.</param>
/// <param name="Upload">Where the text is stored.</param>
/// <param name="TextPages">How many pages the text has.</param>
/// <param name="Superseded">Uploads that this revision replaced and that are still to be removed.</param>
internal sealed record DocumentRecord(
    string Id, string Title, DocumentStatus Status, string ContentType, IReadOnlyDictionary<string, string> Metadata,
    IReadOnlyList<string> Principals, string Hash, int Revision, string Upload, int TextPages, int Bytes, int Chunks,
    string? Error, IReadOnlyList<string> Superseded, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, bool Flagged = false)
{
    public bool IsOpen => Status is DocumentStatus.Queued or DocumentStatus.Indexing;

    /// <summary>Names this revision's content: posting A, then B, then A again makes three facts.</summary>
    public string Content => $"{Revision}-{Hash}";

    public Document ToDocument(string collection) => new(
        Id, collection, Title, Status, ContentType, Metadata, Principals, Error, Flagged, Bytes, Chunks, Revision, CreatedAt, UpdatedAt);
}
