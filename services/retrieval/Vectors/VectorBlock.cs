namespace Agents.Retrieval.Vectors;

/// <summary>
/// The vectors of a segment's passages in 8 bits, ordered so that those of one cell of the <see cref="CoarseIndex"/> lie together.
/// </summary>
/// <param name="Dimensions">0 when no passage has a vector.</param>
/// <param name="Order">The passage at each position.</param>
/// <param name="Scales">By position.</param>
/// <param name="Codes">By position, <paramref name="Dimensions"/> bytes each.</param>
/// <param name="Coarse">Null when there are so few that looking at all of them is faster.</param>
internal sealed record VectorBlock(int Dimensions, int[] Order, float[] Scales, sbyte[] Codes, CoarseIndex? Coarse)
{
    private const int CoarseFrom = 16_384;

    private readonly int[] _positions = Invert(Order);

    public static VectorBlock Empty { get; } = new(0, [], [], [], null);

    public int Count => Order.Length;

    public ReadOnlySpan<sbyte> Code(int position) => Codes.AsSpan(position * Dimensions, Dimensions);

    /// <summary>Where a passage's vector is, -1 when it has none.</summary>
    public int PositionOf(int chunk) => chunk < _positions.Length ? _positions[chunk] : -1;

    /// <summary>Puts vectors that come in any order into a block, with a coarse index when there are many.</summary>
    public static VectorBlock Build(int dimensions, int[] chunks, float[] scales, sbyte[] codes)
    {
        var block = new VectorBlock(dimensions, chunks, scales, codes, null);
        if (chunks.Length < CoarseFrom)
            return block;
        var (coarse, order) = CoarseIndex.Build(block);
        var (sortedScales, sortedCodes) = (new float[chunks.Length], new sbyte[codes.Length]);
        for (var i = 0; i < order.Length; i++)
        {
            sortedScales[i] = scales[order[i]];
            block.Code(order[i]).CopyTo(sortedCodes.AsSpan(i * dimensions));
        }
        return new VectorBlock(dimensions, [.. order.Select(position => chunks[position])], sortedScales, sortedCodes, coarse);
    }

    private static int[] Invert(int[] order)
    {
        var positions = new int[order.Length == 0 ? 0 : order.Max() + 1];
        Array.Fill(positions, -1);
        for (var i = 0; i < order.Length; i++)
            positions[order[i]] = i;
        return positions;
    }
}
