using Agents.Retrieval.Segments;
using Agents.Retrieval.Vectors;

namespace Agents.Retrieval.Indexing;

/// <summary>A query's vector: in full, and in 8 bits for the first look.</summary>
internal sealed class QueryVector
{
    private readonly sbyte[] _code;
    private readonly float _scale;

    public QueryVector(string model, float[] vector)
    {
        (Model, Full, _code) = (model, vector, new sbyte[vector.Length]);
        _scale = Quantizer.Encode(vector, _code, new sbyte[vector.Length]);
    }

    public string Model { get; }

    public float[] Full { get; }

    public ReadOnlySpan<sbyte> Code => _code;

    /// <summary>Whether a segment's vectors are of the same model.</summary>
    public bool Fits(SegmentView view) => view.Segment.Info.Model == Model && view.Segment.Hot.Vectors.Dimensions == _code.Length;

    /// <summary>The cosine in 8 bits; null when the passage has no vector of this model.</summary>
    public float? Cosine(Hit hit)
    {
        if (!Fits(hit.View))
            return null;
        var vectors = hit.View.Segment.Hot.Vectors;
        return vectors.PositionOf(hit.Chunk) is >= 0 and var position ? Cosine(vectors, position) : null;
    }

    /// <summary>The cosine as exact as it is known.</summary>
    public async Task<float?> ExactCosineAsync(Hit hit)
    {
        if (!Fits(hit.View))
            return null;
        var vectors = hit.View.Segment.Hot.Vectors;
        if (vectors.PositionOf(hit.Chunk) is not (>= 0 and var position))
            return null;
        var detail = await hit.View.Segment.DetailAsync(hit.Chunk);
        return Quantizer.Exact(Full, vectors.Code(position), detail.Remainder, vectors.Scales[position]);
    }

    public float Cosine(VectorBlock vectors, int position) => DotProduct.Of(_code, vectors.Code(position)) * _scale * vectors.Scales[position];
}

/// <summary>The nearest vectors of a segment, by 8-bit codes: all of them, or those of the nearest cells when there are many.</summary>
internal static class VectorSearch
{
    public static void Run(SegmentView view, QueryVector query, Func<EntryHeader, bool> admit, BestHits best)
    {
        if (!query.Fits(view))
            return;
        var vectors = view.Segment.Hot.Vectors;
        if (vectors.Coarse is not { } coarse)
        {
            Scan(view, vectors, 0, vectors.Count, query, admit, best);
            return;
        }
        Span<int> cells = stackalloc int[coarse.Probed];
        coarse.Nearest(query.Code, cells);
        foreach (var cell in cells)
            Scan(view, vectors, coarse.Start(cell), coarse.End[cell], query, admit, best);
    }

    private static void Scan(SegmentView view, VectorBlock vectors, int from, int to, QueryVector query, Func<EntryHeader, bool> admit, BestHits best)
    {
        var threshold = best.Threshold;
        for (var position = from; position < to; position++)
        {
            var cosine = query.Cosine(vectors, position);
            if (cosine < threshold)
                continue;
            var chunk = vectors.Order[position];
            if (!view.IsLive(chunk) || !admit(view.EntryOf(chunk).Header!))
                continue;
            best.Add(cosine, new Hit(view, chunk));
            threshold = best.Threshold;
        }
    }
}
