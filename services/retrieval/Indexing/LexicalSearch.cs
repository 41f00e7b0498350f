using System.Numerics;
using Agents.Retrieval.Lexical;
using Agents.Retrieval.Segments;

namespace Agents.Retrieval.Indexing;

/// <summary>
/// BM25 over the postings of a segment, window by window. Within a window only the terms that could lift a passage above the worst one kept
/// are added up; the others are looked up for the few passages that come near (MaxScore: H. Turtle and J. Flood, Information Processing
/// and Management 31(6), 1995; with limits per window as in S. Ding and T. Suel, SIGIR 2011). The ranking is that of adding up everything.
/// </summary>
internal static class LexicalSearch
{
    // Sums in another order differ in their last bits; this keeps a limit from being too low by them.
    private const double Slack = 1 + 1e-6;

    /// <summary>In how many passages that count a term occurs.</summary>
    public static long Containing(SegmentView view, string term)
    {
        var terms = view.Segment.Hot.Terms;
        if (terms.Find(term) is not (>= 0 and var number))
            return 0;
        if (view.Dead is null)
            return terms.End[number] - terms.Start(number);
        var live = 0;
        foreach (var chunk in terms.Chunks.AsSpan(terms.Start(number)..terms.End[number]))
            live += view.IsLive(chunk) ? 1 : 0;
        return live;
    }

    /// <summary>Offers the best passages of admitted documents to <paramref name="best"/>.</summary>
    /// <param name="query">Distinct terms with their weights.</param>
    public static void Run(
        SegmentView view, IReadOnlyList<(string Term, double Weight)> query, double averageLength, Func<EntryHeader, bool> admit, BestHits best)
    {
        var hot = view.Segment.Hot;
        var growth = TermBounds.Growth(hot, averageLength) * Slack;
        var cursors = new List<Cursor>(query.Count);
        foreach (var (term, weight) in query)
        {
            if (hot.Terms.Find(term) is >= 0 and var number && weight > 0)
                cursors.Add(new Cursor(view.Segment.BoundsOf(number), weight, weight * growth));
        }
        if (cursors.Count == 0)
            return;
        Span<double> sums = stackalloc double[TermBounds.Window];
        Span<Cursor> order = [.. cursors];
        for (var window = 0; window * TermBounds.Window < hot.Lengths.Length; window++)
            SearchWindow(view, window, order, averageLength, admit, best, sums);
    }

    /// <summary>The score of one passage.</summary>
    public static double Score(Hit hit, IReadOnlyList<(string Term, double Weight)> query, double averageLength, Action<string, double>? explain = null)
    {
        var hot = hit.View.Segment.Hot;
        double sum = 0;
        foreach (var (term, weight) in query)
        {
            if (hot.Terms.Find(term) is not (>= 0 and var number))
                continue;
            var at = Array.BinarySearch(hot.Terms.Chunks, hot.Terms.Start(number), hot.Terms.End[number] - hot.Terms.Start(number), hit.Chunk);
            if (at < 0)
                continue;
            var part = Bm25.Score(weight, hot.Terms.Occurrences[at], hot.Lengths[hit.Chunk], averageLength);
            explain?.Invoke(term, part);
            sum += part;
        }
        return sum;
    }

    private static void SearchWindow(
        SegmentView view, int window, Span<Cursor> cursors, double averageLength, Func<EntryHeader, bool> admit, BestHits best, Span<double> sums)
    {
        // Cheapest limits first: the longest run of them that cannot reach the threshold alone is only looked up.
        foreach (ref var cursor in cursors)
            cursor.Most = cursor.Scale * cursor.Bounds.Most[window];
        Order(cursors);
        double optional = 0;
        var first = 0;
        while (first < cursors.Length && optional + cursors[first].Most < best.Threshold)
            optional += cursors[first++].Most;
        var hot = view.Segment.Hot;
        for (var c = first; c < cursors.Length; c++)
            AddUp(hot, cursors[c], window, averageLength, sums);
        Collect(view, cursors[..first], optional, window, averageLength, admit, best, sums);
    }

    /// <summary>Offers what the sums and the terms that were not added up could lift high enough, and clears the sums.</summary>
    private static void Collect(
        SegmentView view, ReadOnlySpan<Cursor> lookedUp, double optional, int window, double averageLength, Func<EntryHeader, bool> admit, BestHits best,
        Span<double> sums)
    {
        var limit = Limit(best, optional);
        for (var from = 0; from < sums.Length; from += Vector<double>.Count)
        {
            if (!Vector.GreaterThanOrEqualAny(new Vector<double>(sums[from..]), new Vector<double>(limit)))
                continue;
            for (var at = from; at < from + Vector<double>.Count; at++)
            {
                if (sums[at] < limit)
                    continue;
                Offer(view, window * TermBounds.Window + at, sums[at], optional, lookedUp, window, averageLength, admit, best);
                limit = Limit(best, optional);
            }
        }
        sums.Clear();
    }

    // A passage that no term has brought has a sum of zero.
    private static double Limit(BestHits best, double optional) => Math.Max((best.Threshold - optional) / Slack, double.Epsilon);

    private static void AddUp(HotPart hot, in Cursor cursor, int window, double averageLength, Span<double> sums)
    {
        var (from, to) = (cursor.Bounds.Start[window], cursor.Bounds.Start[window + 1]);
        var chunks = hot.Terms.Chunks.AsSpan(from..to);
        var occurrences = hot.Terms.Occurrences.AsSpan(from, chunks.Length);
        var offset = window * TermBounds.Window;
        var lengths = hot.Lengths.AsSpan(offset);
        // Bm25.Score with what is the same for all passages taken out.
        var (scale, fix, perTerm) = (cursor.Weight * (Bm25.K1 + 1), Bm25.K1 * (1 - Bm25.B), Bm25.K1 * Bm25.B / averageLength);
        for (var i = 0; i < chunks.Length; i++)
        {
            var at = chunks[i] - offset;
            double count = occurrences[i];
            sums[at] += scale * count / (count + fix + perTerm * lengths[at]);
        }
    }

    private static void Offer(
        SegmentView view, int chunk, double sum, double optional, ReadOnlySpan<Cursor> lookedUp, int window, double averageLength, Func<EntryHeader, bool> admit,
        BestHits best)
    {
        var hot = view.Segment.Hot;
        for (var c = lookedUp.Length - 1; c >= 0; c--)
        {
            if (sum * Slack + optional < best.Threshold)
                return;
            var cursor = lookedUp[c];
            optional -= cursor.Most;
            var from = cursor.Bounds.Start[window];
            var at = Array.BinarySearch(hot.Terms.Chunks, from, cursor.Bounds.Start[window + 1] - from, chunk);
            if (at >= 0)
                sum += Bm25.Score(cursor.Weight, hot.Terms.Occurrences[at], hot.Lengths[chunk], averageLength);
        }
        // Rounded, so that sums which differ by the order of their parts alone are equal.
        if ((float)sum >= best.Threshold && view.IsLive(chunk) && admit(view.EntryOf(chunk).Header!))
            best.Add((float)sum, new Hit(view, chunk));
    }

    // A handful of items, nearly in order already.
    private static void Order(Span<Cursor> cursors)
    {
        for (var i = 1; i < cursors.Length; i++)
        {
            var moved = cursors[i];
            var at = i;
            for (; at > 0 && cursors[at - 1].Most > moved.Most; at--)
                cursors[at] = cursors[at - 1];
            cursors[at] = moved;
        }
    }

    private struct Cursor(TermBounds bounds, double weight, double scale)
    {
        public readonly TermBounds Bounds = bounds;
        public readonly double Weight = weight;
        public readonly double Scale = scale;
        public double Most;
    }
}
