using System.Collections.Concurrent;
using System.Numerics.Tensors;

namespace Agents.Inference.Providers.UseLite;

/// <summary>
/// The encoder of the Universal Sentence Encoder Lite (Cer et al. 2018, arXiv:1803.11175), as its TensorFlow.js graph computes it: two
/// transformer layers over token vectors with sinusoid positions, the mean over the tokens, a dense layer with tanh, unit length. The
/// texts of a batch lie one behind the other without padding, so a text's vector is the same in any batch. Threads may share it.
/// </summary>
internal sealed class Encoder
{
    /// <summary>Tokens of a text that the model reads; it was trained to ignore what follows.</summary>
    public const int MaxTokens = 128;

    /// <summary>Tokens of all texts of one run.</summary>
    public const int MaxRows = 256;

    /// <summary>Length of a vector.</summary>
    public const int Width = 512;

    /// <summary>Pieces of the vocabulary.</summary>
    public const int Pieces = 8_000;

    private const int TokenWidth = 256;
    private const int TokenRows = 8_002;

    private readonly ConcurrentBag<Scratch> _scratch = [];
    private readonly float[] _tokens;
    private readonly float[] _positions;
    private readonly Layer _layer0;
    private readonly Layer _layer1;
    private readonly Matrix _pool;

    public Encoder(Weights weights)
    {
        _tokens = weights.Read("module/Embeddings_en", TokenRows, TokenWidth);
        const string Stack = "module_apply_default/Encoder_en/KonaTransformer/Encode/TransformerStack";
        _positions = Positions(weights.Read($"{Stack}/Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1", TokenWidth / 2));
        _layer0 = new Layer(weights, 0, TokenWidth);
        _layer1 = new Layer(weights, 1, Width);
        const string Hidden = "module/Encoder_en/hidden_layers/tanh_layer_0";
        _pool = new Matrix(weights.Read($"{Hidden}/weights", Width, Width), Width, weights.Read($"{Hidden}/bias", Width));
    }

    /// <summary>A vector of unit length for each text.</summary>
    /// <param name="texts">At least one token each; what is behind the first <see cref="MaxTokens"/> of a text is not read. All of them
    /// together have at most <see cref="MaxRows"/> that are.</param>
    public float[][] Encode(IReadOnlyList<int[]> texts)
    {
        var lengths = texts.Select(text => Math.Min(text.Length, MaxTokens)).ToArray();
        var count = lengths.Sum();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxRows);
        var scratch = _scratch.TryTake(out var used) ? used : new Scratch();
        Begin(texts, lengths, scratch.Rows);
        _layer0.Apply(scratch, lengths, count);
        _layer1.Apply(scratch, lengths, count);
        var vectors = Pool(scratch, lengths);
        _scratch.Add(scratch);
        return vectors;
    }

    // The graph adds a token's vector twice: once with its position, and once more to the sum.
    private void Begin(IReadOnlyList<int[]> texts, int[] lengths, Span<float> rows)
    {
        for (var i = 0; i < lengths.Length; i++)
        {
            for (var position = 0; position < lengths[i]; position++)
            {
                TensorPrimitives.MultiplyAdd(
                    _tokens.AsSpan(texts[i][position] * TokenWidth, TokenWidth), 2, _positions.AsSpan(position * TokenWidth, TokenWidth), rows);
                rows = rows[TokenWidth..];
            }
        }
    }

    private float[][] Pool(Scratch scratch, int[] lengths)
    {
        var rows = scratch.Rows.AsSpan();
        var means = scratch.Normed.AsSpan();
        for (var i = 0; i < lengths.Length; i++)
        {
            var mean = means.Slice(i * Width, Width);
            mean.Clear();
            for (var row = 0; row < lengths[i]; row++)
                TensorPrimitives.Add(mean, rows.Slice(row * Width, Width), mean);
            TensorPrimitives.Divide(mean, lengths[i], mean);
            rows = rows[(lengths[i] * Width)..];
        }
        _pool.Apply(means, scratch.Other, lengths.Length);
        var vectors = new float[lengths.Length][];
        for (var i = 0; i < lengths.Length; i++)
        {
            vectors[i] = new float[Width];
            TensorPrimitives.Tanh(scratch.Other.AsSpan(i * Width, Width), vectors[i]);
            TensorPrimitives.Divide(vectors[i], TensorPrimitives.Norm<float>(vectors[i]), vectors[i]);
        }
        return vectors;
    }

    // Row n: the sines of n times each rate, then the cosines.
    private static float[] Positions(float[] rates)
    {
        var positions = new float[MaxTokens * TokenWidth];
        for (var position = 0; position < MaxTokens; position++)
        {
            for (var i = 0; i < rates.Length; i++)
                (positions[(position * TokenWidth) + i], positions[(position * TokenWidth) + rates.Length + i]) = MathF.SinCos(position * rates[i]);
        }
        return positions;
    }
}
