using System.Buffers;
using System.Text.Json;

namespace Dapr.Client;

/// <summary>Writes request bodies by hand, so that the caller's JSON options shape the values in them and nothing else.</summary>
internal static class SidecarJson
{
    public static ReadOnlyMemory<byte> Write(JsonSerializerOptions options, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = options.Encoder })) write(json);
        return buffer.WrittenMemory;
    }

    public static void WriteStrings(this Utf8JsonWriter json, string name, IEnumerable<KeyValuePair<string, string>> values)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in values) json.WriteString(key, value);
        json.WriteEndObject();
    }
}
