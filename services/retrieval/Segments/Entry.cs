namespace Agents.Retrieval.Segments;

/// <summary>What became of one revision of a document. The newest revision among all segments of a collection is the one that counts.</summary>
/// <param name="Revision">Counts up with every change of the document; an entry of an older revision than one known is void.</param>
/// <param name="Header">What search needs to know of a document besides its passages; null unless it is ready.</param>
/// <param name="Bytes">Size of the text, UTF-8.</param>
/// <param name="Chunks">How many passages follow in the segment.</param>
/// <param name="Length">Terms of all its passages together.</param>
/// <param name="At">When it was entered, Unix seconds; for whoever examines a segment.</param>
internal sealed record Entry(EntryKind Kind, string Document, int Revision, EntryHeader? Header, int Bytes, int Chunks, long Length, long At)
{
    public static Entry Failed(string document, int revision, long at) => new(EntryKind.Failed, document, revision, null, 0, 0, 0, at);

    public static Entry Removed(string document, int revision, long at) => new(EntryKind.Removed, document, revision, null, 0, 0, 0, at);
}

internal enum EntryKind
{
    Ready,
    Failed,
    Removed,
}

/// <param name="Principals">Who may find the document; everyone when empty.</param>
/// <param name="Flagged">The text reads like instructions to a model.</param>
internal sealed record EntryHeader(string Title, IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<string> Principals, bool Flagged = false)
{
    /// <summary>Whether the document has no access list or one that names one of <paramref name="principals"/>; null is everybody.</summary>
    public bool IsOpenTo(IReadOnlySet<string>? principals) => principals is null || Principals.Count == 0 || Principals.Any(principals.Contains);

    public bool Matches(IReadOnlyDictionary<string, string> filter) =>
        filter.All(wanted => Metadata.TryGetValue(wanted.Key, out var value) && value == wanted.Value);
}

/// <summary>A document ready to be entered: its entry and its passages in order.</summary>
internal sealed record PreparedDocument(Entry Entry, IReadOnlyList<PreparedChunk> Chunks);

/// <summary>A passage with its terms and, when there is an embedding model, its unit vector.</summary>
/// <param name="Terms">How often each term occurs in title, headings and text together.</param>
internal sealed record PreparedChunk(string Text, IReadOnlyDictionary<string, int> Terms, float[]? Vector);
