using Agents.Retrieval.Lexical;
using Agents.Retrieval.Segments;

namespace Agents.Retrieval.Indexing;

/// <summary>
/// For one term of a segment, by window of passages: where its postings begin, and the most that the term adds to any passage's score for
/// a weight of 1 at the segment's own average length. With it a search skips windows that cannot hold a better passage.
/// </summary>
/// <param name="Start">One more than there are windows.</param>
internal sealed record TermBounds(int[] Start, float[] Most)
{
    /// <summary>Passages in a window.</summary>
    public const int Window = 1_024;

    public static TermBounds Of(HotPart hot, int term)
    {
        var windows = (hot.Lengths.Length + Window - 1) / Window;
        var (start, most) = (new int[windows + 1], new float[windows]);
        var at = hot.Terms.Start(term);
        for (var window = 0; window < windows; window++)
        {
            start[window] = at;
            for (; at < hot.Terms.End[term] && hot.Terms.Chunks[at] < (window + 1) * Window; at++)
            {
                var part = Bm25.Score(1, hot.Terms.Occurrences[at], hot.Lengths[hot.Terms.Chunks[at]], hot.AverageLength);
                // Rounded up: a limit must never be too low.
                most[window] = Math.Max(most[window], MathF.BitIncrement((float)part));
            }
        }
        start[windows] = at;
        return new TermBounds(start, most);
    }

    /// <summary>
    /// By how much the limits grow when the average length is another: passages count as shorter when the average is longer, and a part of
    /// a score grows at most in that proportion.
    /// </summary>
    public static double Growth(HotPart hot, double averageLength) => Math.Max(1, averageLength / hot.AverageLength);
}
