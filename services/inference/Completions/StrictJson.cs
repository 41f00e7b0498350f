using System.Text.Json;
using System.Text.Unicode;

namespace Agents.Inference.Completions;

/// <summary>
/// Reads JSON from outside so that nothing in it can fail later: depth up to 32, no name twice, valid Unicode throughout.
/// </summary>
internal static class StrictJson
{
    public const int MaxDepth = 32;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    /// <exception cref="JsonException">It is no such JSON, or no object.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        RefuseBadText(json);
        var document = JsonDocument.Parse(json, Options);
        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        document.Dispose();
        throw new JsonException("Not an object.");
    }

    /// <exception cref="JsonException">It is not valid UTF-8, or escapes half a character.</exception>
    public static void RefuseBadText(ReadOnlyMemory<byte> json)
    {
        if (!Utf8.IsValid(json.Span))
            throw new JsonException("Not valid UTF-8.");
        // Half characters can come in as escapes only; without one there is nothing to look for.
        if (json.Span.IndexOf("\\ud"u8) < 0 && json.Span.IndexOf("\\uD"u8) < 0)
            return;
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
            using var writer = new Utf8JsonWriter(Stream.Null);
            document.WriteTo(writer);
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonException("Not valid Unicode.", exception);
        }
    }
}
