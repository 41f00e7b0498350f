using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Dapr;

/// <summary>The data of a CloudEvent as the body of a request; section 3.1 of the CloudEvents JSON format says how to read it.</summary>
internal readonly record struct CloudEventData(byte[] Bytes, string? ContentType)
{
    private const string Json = "application/json";

    /// <summary>False if the envelope is no object, has both kinds of data, or its binary data is no base64.</summary>
    public static bool TryRead(JsonElement envelope, bool keepQuotes, out CloudEventData data)
    {
        data = new CloudEventData([], null);
        if (envelope.ValueKind != JsonValueKind.Object) return false;

        var value = Find(envelope, "data");
        var binary = Find(envelope, "data_base64");
        if (value is null && binary is null) return true;
        if (value is not null && binary is not null) return false;

        var (contentType, isJson) = ContentTypeOf(envelope);
        if (value is { } any)
        {
            // Data that is no JSON always stands in a JSON string.
            var isText = !isJson && !keepQuotes && any.ValueKind == JsonValueKind.String;
            var bytes = isText ? Encoding.UTF8.GetBytes(any.GetString()!) : JsonSerializer.SerializeToUtf8Bytes(any);
            data = new CloudEventData(bytes, contentType);
            return true;
        }

        if (binary is not { ValueKind: JsonValueKind.String } text || !text.TryGetBytesFromBase64(out var decoded)) return false;
        data = new CloudEventData(decoded, contentType);
        return true;
    }

    private static (string ContentType, bool IsJson) ContentTypeOf(JsonElement envelope)
    {
        var text = Find(envelope, "datacontenttype") is { ValueKind: JsonValueKind.String } found ? found.GetString() : null;
        if (!MediaTypeHeaderValue.TryParse(text, out var type)) return (Json, true);

        // The data is handed on in UTF-8 whatever the publisher used.
        if (type.Charset.HasValue) type.Charset = default;
        return (type.ToString(), Is(type.MediaType, Json) || Is(type.Suffix, "json"));

        static bool Is(StringSegment text, string expected) => text.Equals(expected, StringComparison.OrdinalIgnoreCase);
    }

    private static JsonElement? Find(JsonElement envelope, string name)
    {
        foreach (var attribute in envelope.EnumerateObject())
        {
            if (attribute.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return attribute.Value;
        }

        return null;
    }
}
