using System.Runtime.InteropServices;

namespace Agents.Conversation.Memory;

/// <summary>The direction of a text's meaning, a signed byte per dimension: an eighth of a percent off, and a quarter of the size.</summary>
internal readonly struct MeaningVector
{
    private readonly sbyte[] _values;
    private readonly float _norm;

    private MeaningVector(sbyte[] values)
    {
        _values = values;
        _norm = MathF.Sqrt(Dot(values, values));
    }

    /// <param name="floats">Little-endian float32, as the embeddings route sends them.</param>
    public static MeaningVector Of(ReadOnlySpan<byte> floats)
    {
        var values = MemoryMarshal.Cast<byte, float>(floats);
        var largest = float.Epsilon;
        foreach (var value in values)
            largest = Math.Max(largest, Math.Abs(value));
        var scale = sbyte.MaxValue / largest;
        var rounded = new sbyte[values.Length];
        for (var i = 0; i < rounded.Length; i++)
            rounded[i] = (sbyte)MathF.Round(values[i] * scale);
        return new MeaningVector(rounded);
    }

    /// <summary>Vectors one after the other, as <see cref="Join"/> wrote them.</summary>
    public static MeaningVector[] Split(string joined, int count)
    {
        var bytes = Convert.FromBase64String(joined);
        var size = count == 0 ? 0 : bytes.Length / count;
        return [.. Enumerable.Range(0, count).Select(i => new MeaningVector(MemoryMarshal.Cast<byte, sbyte>(bytes.AsSpan(i * size, size)).ToArray()))];
    }

    public static string Join(IEnumerable<MeaningVector> vectors) =>
        Convert.ToBase64String([.. vectors.SelectMany(vector => MemoryMarshal.AsBytes(vector._values.AsSpan()).ToArray())]);

    /// <summary>Cosine of the angle between two meanings; 0 for vectors of different models.</summary>
    public float Similarity(MeaningVector other) =>
        _values.Length == other._values.Length && _norm > 0 && other._norm > 0 ? Dot(_values, other._values) / (_norm * other._norm) : 0;

    private static int Dot(sbyte[] left, sbyte[] right)
    {
        var sum = 0;
        for (var i = 0; i < left.Length; i++)
            sum += left[i] * right[i];
        return sum;
    }
}
