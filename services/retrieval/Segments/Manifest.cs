namespace Agents.Retrieval.Segments;

/// <summary>
/// The one record of a collection's index that is ever changed, by compare-and-swap: it names the immutable segments, oldest first.
/// Their pages are written before it names them.
/// </summary>
/// <param name="Version">Counts the commits: what the collection knows. Merging changes nothing that is known.</param>
/// <param name="Segments">Each is searched; where two know a document, the newer revision counts.</param>
/// <param name="Retired">No longer searched, but kept for replicas that still read them.</param>
/// <param name="Deleted">The collection is gone: nothing is entered any more.</param>
internal sealed record Manifest(
    long Version, IReadOnlyList<SegmentInfo> Segments, IReadOnlyList<RetiredSegment> Retired, bool Deleted = false)
{
    public static Manifest Empty { get; } = new(0, [], []);

    /// <summary>
    /// Whether a segment was entered, even if it was replaced since. Asked before its pages are removed: a change whose answer was lost
    /// may have taken place.
    /// </summary>
    public bool Names(SegmentInfo segment) => Segments.Concat(Retired.Select(retired => retired.Segment)).Any(known => known.Id == segment.Id);
}

/// <summary>A segment in the store.</summary>
/// <param name="Embedded">How many of its passages have a vector.</param>
/// <param name="Model">The embedding model that made them; null when there are none.</param>
/// <param name="TablePages">Pages of the table of entries.</param>
/// <param name="HotPages">Pages of what every search reads: postings and coarse vectors.</param>
/// <param name="DetailPages">Pages of what only a hit needs: text and the rest of its vector.</param>
internal sealed record SegmentInfo(string Id, int Entries, int Chunks, int Embedded, string? Model, int TablePages, int HotPages, int DetailPages);

/// <param name="Since">When it was retired.</param>
internal sealed record RetiredSegment(SegmentInfo Segment, DateTimeOffset Since);
