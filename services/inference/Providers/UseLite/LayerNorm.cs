using System.Numerics.Tensors;

namespace Agents.Inference.Providers.UseLite;

/// <summary>Rows with mean 0 and variance 1, then scaled and shifted.</summary>
internal sealed class LayerNorm(float[] scale, float[] shift)
{
    private const float Epsilon = 1e-6f;

    public void Apply(ReadOnlySpan<float> input, Span<float> output, int rows)
    {
        var width = scale.Length;
        for (var row = 0; row < rows; row++)
        {
            var target = output.Slice(row * width, width);
            var source = input.Slice(row * width, width);
            TensorPrimitives.Subtract(source, TensorPrimitives.Sum(source) / width, target);
            var variance = TensorPrimitives.SumOfSquares<float>(target) / width;
            TensorPrimitives.Multiply(target, 1 / MathF.Sqrt(variance + Epsilon), target);
            TensorPrimitives.MultiplyAdd(target, scale, shift, target);
        }
    }
}
