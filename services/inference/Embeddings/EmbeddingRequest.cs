using System.Text.Json.Nodes;
using Agents.Inference.Calls;

namespace Agents.Inference.Embeddings;

/// <summary>A request for embeddings: the caller's document as it came, and the parts of it that we act on.</summary>
/// <param name="Document">The whole body; what we do not know passes to a provider unchanged.</param>
/// <param name="Texts">The inputs; null when they are token numbers.</param>
/// <param name="Count">How many vectors are asked for.</param>
/// <param name="Base64">Vectors as base64 of little-endian float32 instead of lists of numbers.</param>
/// <param name="Dimensions">The length of a vector that is asked for; null when the caller does not say.</param>
/// <param name="Truncate">A text that is too long is cut instead of refused; our own field, for built-in models.</param>
internal sealed record EmbeddingRequest(
    JsonObject Document, string Model, IReadOnlyList<string>? Texts, int Count, long InputBytes, bool Base64, int? Dimensions, bool Truncate)
    : ICallRequest
{
    public string Operation => "embeddings";

    public bool Stream => false;

    public bool Generates => false;

    /// <summary>The name of an input in a refusal.</summary>
    public string Field(int index) => Document["input"] is JsonArray ? $"input[{index}]" : "input";
}
