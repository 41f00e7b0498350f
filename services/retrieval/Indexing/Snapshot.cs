using Agents.Retrieval.Segments;

namespace Agents.Retrieval.Indexing;

/// <summary>What a collection knew at one moment; it never changes, so a search sees one state from start to end.</summary>
internal sealed record Snapshot(Manifest Manifest, IReadOnlyList<SegmentView> Segments)
{
    public static Snapshot Empty { get; } = new(Manifest.Empty, []);

    /// <summary>Passages that can be found.</summary>
    public int Chunks => Segments.Sum(segment => segment.Chunks);
}

/// <summary>A segment and which of its entries still count.</summary>
/// <param name="Dead">Entries that a newer revision replaced; null when there are none.</param>
/// <param name="Chunks">Passages that count.</param>
/// <param name="Length">Their terms together.</param>
internal sealed record SegmentView(LoadedSegment Segment, bool[]? Dead, int Chunks, long Length)
{
    public bool IsLive(int chunk) => Dead is null || !Dead[Segment.EntryOf[chunk]];

    public Entry EntryOf(int chunk) => Segment.Entries[Segment.EntryOf[chunk]];

    /// <summary>A passage's place in its document, from 1.</summary>
    public int OrdinalOf(int chunk) => chunk - Segment.FirstChunk[Segment.EntryOf[chunk]] + 1;
}

/// <summary>A passage of a segment.</summary>
internal readonly record struct Hit(SegmentView View, int Chunk)
{
    public Entry Entry => View.EntryOf(Chunk);

    public int Ordinal => View.OrdinalOf(Chunk);

    /// <summary>Equal scores are ordered by document and place, so that every replica answers alike.</summary>
    public static int Compare(Hit one, Hit other)
    {
        var byDocument = string.CompareOrdinal(one.Entry.Document, other.Entry.Document);
        return byDocument != 0 ? byDocument : one.Ordinal.CompareTo(other.Ordinal);
    }
}
