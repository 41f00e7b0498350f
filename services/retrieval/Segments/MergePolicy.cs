using Agents.Retrieval.Indexing;

namespace Agents.Retrieval.Segments;

/// <summary>Which segments are written anew, as one.</summary>
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
        return [.. snapshot.Segments.Where(view => purge ? view.Chunks < view.Segment.Info.Chunks : view.Chunks < view.Segment.Info.Chunks / 2).Take(1)];
    }

    private static int LevelOf(SegmentView view)
    {
        var level = 0;
        for (var size = Math.Max(view.Segment.Info.Entries, view.Segment.Info.Chunks); size >= SmallestSize; size /= Fan)
            level++;
        return level;
    }
}
