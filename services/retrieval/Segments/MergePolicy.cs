using Agents.Retrieval.Indexing;

namespace Agents.Retrieval.Segments;

/// <summary>Which segments are written anew, as one, and what goes on in them.</summary>
internal static class MergePolicy
{
    /// <summary>So many segments of one size become one of the next; hence seven of each size remain at most, and sizes grow eightfold.</summary>
    public const int Fan = 8;

    // Beyond this a merge would take more memory than it saves time.
    private const int MaxChunks = 500_000;
    private const int SmallestSize = 64;

    /// <summary>The segments to be merged next; none when the index is in order.</summary>
    /// <param name="purge">Also those that hold anything replaced or deleted: it must leave the store soon, not some day.</param>
    public static IReadOnlyList<SegmentView> Choose(Snapshot snapshot, bool purge)
    {
        var full = snapshot.Segments.GroupBy(LevelOf).Where(level => level.Count() >= Fan).MinBy(level => level.Key);
        if (full is not null && full.Take(Fan).ToList() is var some && some.Sum(view => view.Chunks) <= MaxChunks)
            return some;
        var worn = snapshot.Segments.FirstOrDefault(view => purge ? view.Dead is not null : view.Chunks < view.Segment.Info.Chunks / 2);
        // Removals come last: by then, what they removed has left every segment.
        if (worn is null && purge)
            worn = snapshot.Segments.FirstOrDefault(view => view.Segment.HoldsRemovals);
        return worn is null ? [] : [worn];
    }

    /// <summary>
    /// For each of the chosen segments, which of its entries go on: not what was replaced, and a removal only while another segment still
    /// holds what it removed, which would be found again by replicas that load that segment without it.
    /// </summary>
    public static IReadOnlyList<Func<int, bool>> Kept(Snapshot snapshot, IReadOnlyList<SegmentView> chosen)
    {
        var replacedElsewhere = snapshot.Segments.Except(chosen).Where(view => view.Dead is not null)
            .SelectMany(view => view.Segment.Entries.Where((_, entry) => view.Dead![entry])).Select(entry => entry.Document).ToHashSet();
        return [.. chosen.Select(view => (Func<int, bool>)(at => view.Dead?[at] != true
            && (view.Segment.Entries[at] is not { Kind: EntryKind.Removed } removal || replacedElsewhere.Contains(removal.Document))))];
    }

    private static int LevelOf(SegmentView view)
    {
        var level = 0;
        for (var size = Math.Max(view.Segment.Info.Entries, view.Segment.Info.Chunks); size >= SmallestSize; size /= Fan)
            level++;
        return level;
    }
}
