using System.Numerics.Tensors;

namespace Agents.Retrieval.Vectors;

/// <summary>
/// Unit vectors as whole numbers of 8 bits with one scale each; the remainder of the rounding is kept as 8 more bits, which together are
/// as exact as a ranking can tell (an error of about 2^-16 of the largest component).
/// </summary>
internal static class Quantizer
{
    private const float Top = 127;
    private const float RemainderSteps = 254;

    /// <summary>Fills the 8-bit form of a vector and its remainder. Returns the scale: component = (code + remainder / 254) x scale.</summary>
    public static float Encode(ReadOnlySpan<float> vector, Span<sbyte> code, Span<sbyte> remainder)
    {
        var scale = TensorPrimitives.MaxMagnitude(vector) is var most && MathF.Abs(most) is > 0 and var peak ? peak / Top : 1;
        for (var i = 0; i < vector.Length; i++)
        {
            var value = vector[i] / scale;
            var rounded = MathF.Round(value);
            code[i] = (sbyte)rounded;
            remainder[i] = (sbyte)MathF.Round((value - rounded) * RemainderSteps);
        }
        return scale;
    }

    /// <summary>The scalar product with a vector of full precision.</summary>
    public static float Exact(ReadOnlySpan<float> query, ReadOnlySpan<sbyte> code, ReadOnlySpan<sbyte> remainder, float scale)
    {
        double sum = 0;
        for (var i = 0; i < query.Length; i++)
            sum += query[i] * (code[i] + remainder[i] / (double)RemainderSteps);
        return (float)(sum * scale);
    }

    /// <summary>The vector that was encoded.</summary>
    public static float[] Decode(ReadOnlySpan<sbyte> code, ReadOnlySpan<sbyte> remainder, float scale)
    {
        var vector = new float[code.Length];
        for (var i = 0; i < vector.Length; i++)
            vector[i] = (code[i] + remainder[i] / RemainderSteps) * scale;
        return vector;
    }
}
