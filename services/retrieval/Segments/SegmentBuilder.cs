using System.Text;
using Agents.Retrieval.Vectors;

namespace Agents.Retrieval.Segments;

/// <summary>Makes segments: from documents that were just prepared, or from several segments without what has been replaced.</summary>
internal static class SegmentBuilder
{
    public static SegmentData Build(IReadOnlyList<PreparedDocument> documents, string? model)
    {
        var chunks = documents.SelectMany(document => document.Chunks).ToList();
        var dimensions = chunks.FirstOrDefault(chunk => chunk.Vector is not null)?.Vector!.Length ?? 0;
        var vectors = new VectorCollector(dimensions);
        var details = new List<Detail>(chunks.Count);
        for (var i = 0; i < chunks.Count; i++)
            details.Add(new Detail(Encoding.UTF8.GetBytes(chunks[i].Text), chunks[i].Vector is { } vector ? vectors.Add(i, vector) : []));
        return new SegmentData(
            [.. documents.Select(document => document.Entry)], [.. chunks.Select(chunk => (ushort)Math.Min(chunk.Terms.Values.Sum(), ushort.MaxValue))],
            TermTable.Build(chunks.Select(chunk => chunk.Terms)), vectors.Build(), details, vectors.Count == 0 ? null : model);
    }

    /// <summary>The same segment with these vectors, one for each passage.</summary>
    public static SegmentData WithVectors(SegmentData segment, IReadOnlyList<float[]> vectors, string model)
    {
        var collector = new VectorCollector(vectors.Count == 0 ? 0 : vectors[0].Length);
        Detail[] details = [.. segment.Details.Select((detail, chunk) => detail with { Remainder = collector.Add(chunk, vectors[chunk]) })];
        return segment with { Vectors = collector.Build(), Details = details, Model = collector.Count == 0 ? null : model };
    }

    /// <param name="parts">In the manifest's order.</param>
    /// <param name="keep">For each part, which of its entries are kept.</param>
    public static SegmentData Merge(IReadOnlyList<SegmentData> parts, IReadOnlyList<Func<int, bool>> keep)
    {
        var model = parts.Select(part => part.Model).LastOrDefault(model => model is not null);
        var dimensions = parts.LastOrDefault(part => part.Model == model)?.Vectors.Dimensions ?? 0;
        var vectors = new VectorCollector(dimensions);
        var (entries, lengths, details, renumber) = (new List<Entry>(), new List<ushort>(), new List<Detail>(), new List<int[]>());
        for (var p = 0; p < parts.Count; p++)
        {
            var part = parts[p];
            var numbers = new int[part.Lengths.Length];
            var chunk = 0;
            for (var e = 0; e < part.Entries.Count; e++)
            {
                var kept = keep[p](e);
                if (kept)
                    entries.Add(part.Entries[e]);
                for (var end = chunk + part.Entries[e].Chunks; chunk < end; chunk++)
                {
                    numbers[chunk] = kept ? details.Count : -1;
                    if (!kept)
                        continue;
                    // Vectors of another model cannot be compared; their passages are embedded anew later.
                    var position = part.Model == model && dimensions > 0 ? part.Vectors.PositionOf(chunk) : -1;
                    if (position >= 0)
                        vectors.Add(details.Count, part.Vectors.Code(position), part.Vectors.Scales[position]);
                    details.Add(position >= 0 ? part.Details[chunk] : part.Details[chunk] with { Remainder = [] });
                    lengths.Add(part.Lengths[chunk]);
                }
            }
            renumber.Add(numbers);
        }
        return new SegmentData(
            entries, [.. lengths], TermTable.Merge([.. parts.Select(part => part.Terms)], renumber), vectors.Build(), details,
            vectors.Count == 0 ? null : model);
    }
}

/// <summary>Gathers 8-bit vectors.</summary>
internal sealed class VectorCollector(int dimensions)
{
    private readonly List<int> _chunks = [];
    private readonly List<float> _scales = [];
    private readonly List<sbyte> _codes = [];

    public int Count => _chunks.Count;

    /// <summary>Encodes a vector. Returns the remainder.</summary>
    public sbyte[] Add(int chunk, ReadOnlySpan<float> vector)
    {
        var (code, remainder) = (new sbyte[dimensions], new sbyte[dimensions]);
        var scale = Quantizer.Encode(vector, code, remainder);
        Add(chunk, code, scale);
        return remainder;
    }

    public void Add(int chunk, ReadOnlySpan<sbyte> code, float scale)
    {
        _chunks.Add(chunk);
        _scales.Add(scale);
        _codes.AddRange(code);
    }

    public VectorBlock Build() => Count == 0 ? VectorBlock.Empty : VectorBlock.Build(dimensions, [.. _chunks], [.. _scales], [.. _codes]);
}
