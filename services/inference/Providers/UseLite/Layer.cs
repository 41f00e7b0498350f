using System.Numerics.Tensors;

namespace Agents.Inference.Providers.UseLite;

/// <summary>
/// One transformer layer: x' = fit(x) + attention(norm(x)), then x' + feed-forward(norm(x')). Attention has four heads and looks at the
/// tokens of its own text only.
/// </summary>
internal sealed class Layer
{
    private const string Encode = "Encoder_en/KonaTransformer/Encode/";
    private const int Heads = 4;
    private const int Hidden = 1_536;

    private readonly LayerNorm _attentionNorm;
    private readonly Matrix _projections;
    private readonly Matrix _attention;
    private readonly Matrix? _fit;
    private readonly LayerNorm _forwardNorm;
    private readonly Matrix _forward1;
    private readonly Matrix _forward2;

    /// <param name="width">Length of a row that goes in; <see cref="Encoder.Width"/> comes out.</param>
    public Layer(Weights weights, int index, int width)
    {
        var applied = $"module_apply_default/{Encode}Layer_{index}/TransformerLayer";
        var folded = $"module_apply_default/{Encode}TransformerStack/Layer_{index}/TransformerLayer";
        var kernels = $"module/{Encode}Layer_{index}/TransformerLayer/MultiheadAttention";
        _attentionNorm = Norm("layer_prepostprocess", width);
        _projections = Dense($"{kernels}/qkv_transform_single/kernel/part_0", "MultiheadAttention/qkv_transform_single", width, 3 * width);
        _attention = Dense($"{kernels}/output_transform_single/kernel/part_0", "MultiheadAttention/output_transform_single", width, Encoder.Width);
        _fit = width == Encoder.Width ? null : Dense($"{applied}/dense/kernel/ConcatPartitions/concat", "dense", width, Encoder.Width);
        _forwardNorm = Norm("FFN/layer_prepostprocess", Encoder.Width);
        _forward1 = Dense($"{folded}/FFN/conv1/Tensordot/Reshape_1", "FFN/conv1", Encoder.Width, Hidden);
        _forward2 = Dense($"{folded}/FFN/conv2/Tensordot/Reshape_1", "FFN/conv2", Hidden, Encoder.Width);

        LayerNorm Norm(string name, int length) => new(
            weights.Read($"{applied}/{name}/layer_norm/layer_norm_scale/ConcatPartitions/concat", length),
            weights.Read($"{applied}/{name}/layer_norm/layer_norm_bias/ConcatPartitions/concat", length));

        Matrix Dense(string kernel, string name, int inputs, int outputs) =>
            new(weights.Read(kernel, inputs, outputs), inputs, weights.Read($"{applied}/{name}/bias/ConcatPartitions/concat", outputs));
    }

    /// <summary>Replaces the rows in <see cref="Scratch.Rows"/>.</summary>
    /// <param name="lengths">How many of the rows belong to each text, in order.</param>
    public void Apply(Scratch scratch, ReadOnlySpan<int> lengths, int count)
    {
        var (rows, normed, other, wide) = (scratch.Rows, scratch.Normed, scratch.Other, scratch.Wide);
        _attentionNorm.Apply(rows, normed, count);
        _projections.Apply(normed, wide, count);
        for (var (start, i) = (0, 0); i < lengths.Length; start += lengths[i++])
            Attend(wide, normed, scratch.Scores, start, lengths[i]);
        var sum = rows.AsSpan(0, count * Encoder.Width);
        var addend = other.AsSpan(0, count * Encoder.Width);
        var hidden = wide.AsSpan(0, count * Hidden);
        if (_fit is not null)
        {
            _fit.Apply(rows, other, count);
            addend.CopyTo(sum);
        }
        _attention.Apply(normed, other, count);
        TensorPrimitives.Add(sum, addend, sum);

        _forwardNorm.Apply(rows, normed, count);
        _forward1.Apply(normed, wide, count);
        TensorPrimitives.Max(hidden, 0, hidden);
        _forward2.Apply(wide, other, count);
        TensorPrimitives.Add(sum, addend, sum);
    }

    // A row of projections holds query, key and value, each with its heads side by side.
    private void Attend(ReadOnlySpan<float> projections, Span<float> output, Span<float> scores, int start, int length)
    {
        var width = _projections.Inputs;
        var size = width / Heads;
        var scale = 1 / MathF.Sqrt(size);
        scores = scores[..length];
        for (var head = 0; head < width; head += size)
        {
            for (var row = start; row < start + length; row++)
            {
                var query = projections.Slice((row * 3 * width) + head, size);
                for (var other = 0; other < length; other++)
                    scores[other] = TensorPrimitives.Dot(query, projections.Slice(((start + other) * 3 * width) + width + head, size));
                Softmax(scores, scale);
                var mixed = output.Slice((row * width) + head, size);
                mixed.Clear();
                for (var other = 0; other < length; other++)
                {
                    var value = projections.Slice(((start + other) * 3 * width) + (2 * width) + head, size);
                    TensorPrimitives.MultiplyAdd(value, scores[other], mixed, mixed);
                }
            }
        }
    }

    // The largest score is taken off first, so that no exponential overflows.
    private static void Softmax(Span<float> scores, float scale)
    {
        TensorPrimitives.Subtract(scores, TensorPrimitives.Max<float>(scores), scores);
        TensorPrimitives.Multiply(scores, scale, scores);
        TensorPrimitives.Exp<float>(scores, scores);
        TensorPrimitives.Divide(scores, TensorPrimitives.Sum<float>(scores), scores);
    }
}
