using System.Text.Json;

namespace Agents.Inference.Embeddings;

/// <summary>A request for embeddings: the caller's document as it came, and the parts of it that we act on.</summary>
/// <param name="document">The whole body; what we do not know passes to a provider unchanged.</param>
/// <param name="json">The bytes that <paramref name="document"/> was read from.</param>
internal sealed class EmbeddingRequest(JsonDocument document, ReadOnlyMemory<byte> json) : IDisposable
{
    public ReadOnlyMemory<byte> Json { get; } = json;

    public JsonElement Root => document.RootElement;

    /// <summary>The model as the caller named it.</summary>
    public required string Model { get; init; }

    /// <summary>The inputs; null when they are token numbers.</summary>
    public IReadOnlyList<string>? Texts { get; init; }

    /// <summary>How many vectors are asked for.</summary>
    public required int Count { get; init; }

    /// <summary>UTF-8 bytes of the texts, for an estimate of their tokens.</summary>
    public required long TextBytes { get; init; }

    /// <summary>Vectors as base64 of little-endian float32 instead of lists of numbers.</summary>
    public bool Base64 { get; init; }

    /// <summary>The length of a vector that is asked for; null when the caller does not say.</summary>
    public int? Dimensions { get; init; }

    /// <summary>A text that is too long is cut instead of refused; our own field, for built-in models.</summary>
    public bool Truncate { get; init; }

    /// <summary>The name of an input in a refusal.</summary>
    public string Field(int index) => Root.GetProperty("input"u8).ValueKind == JsonValueKind.Array ? $"input[{index}]" : "input";

    public void Dispose() => document.Dispose();
}
