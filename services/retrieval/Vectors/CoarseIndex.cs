using System.Numerics.Tensors;

namespace Agents.Retrieval.Vectors;

/// <summary>
/// An inverted file: unit vectors are grouped around as many centres as the square root of their number, and a search looks only into the
/// cells whose centres are nearest (J. Sivic and A. Zisserman, "Video Google", ICCV 2003). Centres come from a few rounds of spherical
/// k-means over a sample. It was chosen over a graph because it is built in seconds whenever segments merge and lies flat in pages.
/// </summary>
/// <param name="Centres">The centres' 8-bit codes.</param>
/// <param name="Scales">Their scales.</param>
/// <param name="End">Where each cell ends among the positions of the block.</param>
internal sealed record CoarseIndex(sbyte[] Centres, float[] Scales, int[] End)
{
    private const int Rounds = 6;
    private const int SamplePerCell = 32;

    // Recall and time both grow with it; measured by the benchmark.
    private const int ProbedAtLeast = 24;
    private const double ProbedShare = 0.08;

    public int Cells => End.Length;

    public int Start(int cell) => cell == 0 ? 0 : End[cell - 1];

    /// <summary>How many cells a search looks into.</summary>
    public int Probed => Math.Min(Cells, Math.Max(ProbedAtLeast, (int)(Cells * ProbedShare)));

    /// <summary>The cells nearest to a query, nearest first.</summary>
    public void Nearest(ReadOnlySpan<sbyte> query, Span<int> cells)
    {
        var scores = new float[Cells];
        var order = new int[Cells];
        for (var cell = 0; cell < Cells; cell++)
        {
            scores[cell] = -DotProduct.Of(query, Centres.AsSpan(cell * query.Length, query.Length)) * Scales[cell];
            order[cell] = cell;
        }
        Array.Sort(scores, order);
        order.AsSpan(0, cells.Length).CopyTo(cells);
    }

    /// <summary>Groups the vectors of a block. Returns the index and the order in which the block must lie.</summary>
    public static (CoarseIndex Index, int[] Order) Build(VectorBlock block)
    {
        var cells = (int)Math.Sqrt(block.Count);
        var dimensions = block.Dimensions;
        // Any sample will do; the same one each time makes builds repeatable.
        var sample = Enumerable.Range(0, block.Count).ToArray();
        new Random(1).Shuffle(sample);
        sample = sample[..Math.Min(sample.Length, cells * SamplePerCell)];
        var (centres, scales) = (new sbyte[cells * dimensions], new float[cells]);
        for (var cell = 0; cell < cells; cell++)
        {
            block.Code(sample[cell]).CopyTo(centres.AsSpan(cell * dimensions));
            scales[cell] = block.Scales[sample[cell]];
        }
        var index = new CoarseIndex(centres, scales, new int[cells]);
        for (var round = 0; round < Rounds; round++)
            index.Recentre(block, sample, index.Assign(block, sample));
        var all = Enumerable.Range(0, block.Count).ToArray();
        var assigned = index.Assign(block, all);
        foreach (var cell in assigned)
            index.End[cell]++;
        for (var cell = 1; cell < cells; cell++)
            index.End[cell] += index.End[cell - 1];
        Array.Sort(assigned, all);
        return (index, all);
    }

    private int[] Assign(VectorBlock block, int[] positions)
    {
        var cells = new int[positions.Length];
        for (var i = 0; i < positions.Length; i++)
        {
            var code = block.Code(positions[i]);
            var best = float.MinValue;
            for (var cell = 0; cell < Cells; cell++)
            {
                var score = DotProduct.Of(code, Centres.AsSpan(cell * code.Length, code.Length)) * Scales[cell];
                if (score > best)
                    (best, cells[i]) = (score, cell);
            }
        }
        return cells;
    }

    private void Recentre(VectorBlock block, int[] positions, int[] assigned)
    {
        var sums = new float[Cells][];
        for (var i = 0; i < positions.Length; i++)
        {
            var sum = sums[assigned[i]] ??= new float[block.Dimensions];
            var code = block.Code(positions[i]);
            for (var d = 0; d < code.Length; d++)
                sum[d] += code[d] * block.Scales[positions[i]];
        }
        var remainder = new sbyte[block.Dimensions];
        for (var cell = 0; cell < Cells; cell++)
        {
            // An empty cell keeps its centre.
            if (sums[cell] is not { } sum || TensorPrimitives.Norm<float>(sum) is not (> 0 and var norm))
                continue;
            TensorPrimitives.Divide(sum, norm, sum);
            Scales[cell] = Quantizer.Encode(sum, Centres.AsSpan(cell * block.Dimensions, block.Dimensions), remainder);
        }
    }
}
