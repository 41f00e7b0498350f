namespace Agents.Retrieval.Indexing;

/// <summary>One revision of a document, ready to be searched: immutable, stored in pages under the upload it was made from.</summary>
internal sealed record Segment(string Document, int Revision, SegmentHeader Header, IReadOnlyList<SegmentChunk> Chunks);

/// <summary>What search needs to know of a document besides its passages.</summary>
/// <param name="Principals">Who may find it; everyone when empty.</param>
internal sealed record SegmentHeader(string Title, IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<string> Principals)
{
    /// <summary>Whether the document has no access list or one that names one of <paramref name="principals"/>; null is everybody.</summary>
    public bool IsOpenTo(IReadOnlySet<string>? principals) => principals is null || Principals.Count == 0 || Principals.Any(principals.Contains);

    public bool Matches(IReadOnlyDictionary<string, string> filter) =>
        filter.All(wanted => Metadata.TryGetValue(wanted.Key, out var value) && value == wanted.Value);
}

/// <summary>A passage with its terms.</summary>
/// <param name="Ordinal">Its place in the document, from 1.</param>
/// <param name="Terms">How often each term occurs in title, headings and text together.</param>
internal sealed record SegmentChunk(int Ordinal, string Text, IReadOnlyDictionary<string, int> Terms);

/// <summary>A stored page; the first one of a segment has the header.</summary>
internal sealed record SegmentPage(SegmentHeader? Header, IReadOnlyList<SegmentChunk> Chunks);
