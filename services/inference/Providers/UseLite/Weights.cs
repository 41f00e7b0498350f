using System.Runtime.InteropServices;
using System.Text.Json;

namespace Agents.Inference.Providers.UseLite;

/// <summary>
/// The tensors of a TensorFlow.js model: <c>model.json</c> names them in the order in which they lie, as little-endian float32, in the
/// shard files beside it. Each is read when it is asked for.
/// </summary>
internal sealed class Weights : IDisposable
{
    private readonly Dictionary<string, (int[] Shape, long Offset)> _tensors = new(StringComparer.Ordinal);
    private readonly List<FileStream> _shards = [];

    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">The files are not such a model.</exception>
    public Weights(string folder)
    {
        try
        {
            using var stream = File.OpenRead(Path.Combine(folder, "model.json"));
            using var model = JsonDocument.Parse(stream);
            var group = model.RootElement.GetProperty("weightsManifest").EnumerateArray().Single();
            var offset = 0L;
            foreach (var tensor in group.GetProperty("weights").EnumerateArray())
            {
                int[] shape = [.. tensor.GetProperty("shape").EnumerateArray().Select(length => length.GetInt32())];
                _tensors[tensor.GetProperty("name").GetString() ?? ""] = (shape, offset);
                offset += Length(shape) * sizeof(float);
            }
            foreach (var path in group.GetProperty("paths").EnumerateArray())
                _shards.Add(File.OpenRead(Path.Combine(folder, Path.GetFileName(path.GetString() ?? ""))));
            if (_shards.Sum(shard => shard.Length) != offset)
                throw new InvalidDataException($"The shards have {_shards.Sum(shard => shard.Length)} bytes, not {offset}.");
        }
        catch (Exception exception)
        {
            Dispose();
            if (exception is JsonException or InvalidOperationException or KeyNotFoundException)
                throw new InvalidDataException("model.json does not describe its weights.", exception);
            throw;
        }
    }

    /// <summary>One tensor, its last dimension running fastest.</summary>
    /// <param name="shape">What it must have, apart from dimensions of 1.</param>
    /// <exception cref="InvalidDataException">There is no such tensor.</exception>
    public float[] Read(string name, params int[] shape)
    {
        if (!_tensors.TryGetValue(name, out var tensor) || !tensor.Shape.Where(length => length != 1).SequenceEqual(shape))
            throw new InvalidDataException($"The model has no tensor '{name}' of the shape [{string.Join(", ", shape)}].");
        var values = new float[Length(shape)];
        var rest = MemoryMarshal.AsBytes(values.AsSpan());
        var offset = tensor.Offset;
        foreach (var shard in _shards)
        {
            if (offset < shard.Length && rest.Length > 0)
            {
                var part = rest[..(int)Math.Min(rest.Length, shard.Length - offset)];
                shard.Position = offset;
                shard.ReadExactly(part);
                rest = rest[part.Length..];
            }
            offset = Math.Max(0, offset - shard.Length);
        }
        return values;
    }

    public void Dispose() => _shards.ForEach(shard => shard.Dispose());

    private static int Length(int[] shape) => shape.Aggregate(1, (product, length) => product * length);
}
