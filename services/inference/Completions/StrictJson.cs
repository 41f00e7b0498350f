using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Agents.Inference.Completions;

/// <summary>
/// Reads JSON from outside so that nothing in it can fail later: depth up to 32, no name twice, valid Unicode throughout.
/// </summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    /// <exception cref="JsonException">It is no such JSON, or no object.</exception>
    public static JsonObject Parse(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            throw new JsonException("Not valid UTF-8.");
        var document = JsonNode.Parse(json, documentOptions: Options) as JsonObject ?? throw new JsonException("Not an object.");
        // Half characters can come in as escapes only; without one there is nothing to look for.
        if (json.IndexOf("\\ud"u8) >= 0 || json.IndexOf("\\uD"u8) >= 0)
            RefuseHalfCharacters(document);
        return document;
    }

    private static void RefuseHalfCharacters(JsonObject document)
    {
        try
        {
            using var writer = new Utf8JsonWriter(Stream.Null);
            document.WriteTo(writer);
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonException("Not valid Unicode.", exception);
        }
    }
}
