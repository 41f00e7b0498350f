using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Agents.Inference.Completions;
using Agents.Inference.Routing;

namespace Agents.Inference.Cache;

/// <summary>
/// Where the answer to a request lies: equal for requests that differ in the order of members, in white space or in whether they want
/// usage, and different for anything else, for another tenant, and for a route that has changed.
/// </summary>
internal static class CacheKey
{
    /// <param name="purge">Counts the tenant's purges: what was stored before the last one is not found any more.</param>
    public static string Of(string tenant, long purge, ModelRoute route, ChatRequest request)
    {
        var output = new ArrayBufferWriter<byte>(request.Json.Length + 256);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartArray();
            writer.WriteStringValue(tenant);
            writer.WriteNumberValue(purge);
            writer.WriteStringValue(route.Name);
            writer.WriteStringValue(route.Signature);
            writer.WriteBooleanValue(request.Stream);
            WriteMembers(writer, request.Root.EnumerateObject().Where(member =>
                !member.NameEquals("model"u8) && !member.NameEquals("stream"u8) && !member.NameEquals("stream_options"u8)));
            writer.WriteEndArray();
        }
        return $"cache/{Ids(tenant)}/{Base64Url.EncodeToString(SHA256.HashData(output.WrittenSpan))}";
    }

    private static string Ids(string tenant) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(tenant)).AsSpan(0, 12));

    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteMembers(writer, value.EnumerateObject());
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Write(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValueKind.Number:
                // 1.0 and 1 are different texts; they may be different to a provider too.
                writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
                break;
            default:
                // Texts with different escapes are written alike.
                value.WriteTo(writer);
                break;
        }
    }

    private static void WriteMembers(Utf8JsonWriter writer, IEnumerable<JsonProperty> members)
    {
        writer.WriteStartObject();
        foreach (var member in members.OrderBy(member => member.Name, StringComparer.Ordinal))
        {
            writer.WritePropertyName(member.Name);
            Write(writer, member.Value);
        }
        writer.WriteEndObject();
    }
}
