using System.Text;
using System.Text.Json.Nodes;

namespace Agents.Inference.Completions;

/// <summary>What we read in the answers of providers, chunks and whole ones alike.</summary>
internal static class AnswerDocuments
{
    private static readonly string[] Texts = ["content", "refusal", "reasoning_content"];

    /// <summary>Bytes of everything that the model wrote: text, refusal, visible reasoning, tool calls.</summary>
    public static long OutputBytes(JsonObject document)
    {
        long bytes = 0;
        foreach (var choice in Choices(document))
        {
            if ((choice["delta"] ?? choice["message"]) is not JsonObject message)
                continue;
            bytes += Texts.Sum(name => Bytes(message[name]));
            if (message["tool_calls"] is JsonArray calls)
                bytes += calls.OfType<JsonObject>().Select(call => call["function"]).OfType<JsonObject>()
                    .Sum(function => Bytes(function["name"]) + Bytes(function["arguments"]));
        }
        return bytes;
    }

    /// <summary>The model as the provider names it.</summary>
    public static string? Version(JsonObject document) =>
        document["model"] is JsonValue value && value.TryGetValue<string>(out var model) ? model : null;

    /// <summary>How many of the choices in this document came to their end.</summary>
    public static int Finished(JsonObject document) => Choices(document).Count(choice => choice["finish_reason"] is not null);

    public static IEnumerable<JsonObject> Choices(JsonObject document) => (document["choices"] as JsonArray)?.OfType<JsonObject>() ?? [];

    private static long Bytes(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? Encoding.UTF8.GetByteCount(text) : 0;
}
