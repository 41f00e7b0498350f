using System.Globalization;
using System.Net.Mime;
using System.Text.Json;

namespace Dapr.Client;

internal sealed partial class DaprHttpClient
{
    private const string BulkPublishOperation = "Bulk Publish";

    public override async Task<BulkPublishResponse<TValue>> BulkPublishEventAsync<TValue>(
        string pubsubName, string topicName, IReadOnlyList<TValue> events, Dictionary<string, string>? metadata = null,
        CancellationToken cancellationToken = default)
    {
        // The stable path of this call exists since 1.18 only; all versions know the alpha one.
        var path = TopicPath("/v1.0-alpha1/publish/bulk", pubsubName, topicName).WithMetadata(metadata);
        ArgumentNullException.ThrowIfNull(events);
        var entries = events.Select((data, position) => Entry(data, position, metadata)).ToDictionary(entry => entry.EntryId);

        var request = Request(HttpMethod.Post, path, Body(BulkBody(entries.Values)));
        using var response = await SendAsync(BulkPublishOperation, request, cancellationToken);
        if (response.IsSuccessStatusCode) return new BulkPublishResponse<TValue>([]);

        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        if (FailedEntries(body) is not { Count: > 0 } failed || failed.Exists(item => !entries.ContainsKey(item.EntryId ?? "")))
            throw await SidecarError.FailedAsync(BulkPublishOperation, response, cancellationToken);
        return new BulkPublishResponse<TValue>(failed.ConvertAll(
            item => new BulkPublishResponseFailedEntry<TValue>(entries[item.EntryId!], item.Error ?? "")));
    }

    private static BulkPublishEntry<TValue> Entry<TValue>(TValue data, int position, Dictionary<string, string>? metadata) => new(
        position.ToString(CultureInfo.InvariantCulture),
        data,
        data is byte[]? MediaTypeNames.Application.Octet : EventContentType(data),
        new Dictionary<string, string>(metadata ?? []));

    private ReadOnlyMemory<byte> BulkBody<TValue>(IEnumerable<BulkPublishEntry<TValue>> entries)
    {
        return SidecarJson.Write(JsonSerializerOptions, json =>
        {
            json.WriteStartArray();
            foreach (var entry in entries) WriteEntry(json, entry);
            json.WriteEndArray();
        });
    }

    private void WriteEntry<TValue>(Utf8JsonWriter json, BulkPublishEntry<TValue> entry)
    {
        json.WriteStartObject();
        json.WriteString("entryId", entry.EntryId);
        json.WriteString("contentType", entry.ContentType);
        json.WritePropertyName("event");
        // Bytes become a base64 string in JSON, which is what the API takes for them.
        JsonSerializer.Serialize(json, entry.EventData, JsonSerializerOptions);
        json.WriteStrings("metadata", entry.Metadata!);
        json.WriteEndObject();
    }

    private static List<FailedEntry>? FailedEntries(string body)
    {
        try
        {
            return JsonSerializer.Deserialize<BulkPublishAnswer>(body, JsonSerializerOptions.Web)?.FailedEntries;
        }
        catch (JsonException)
        {
            // An answer that is no JSON names no entries, so the call failed as a whole.
            return null;
        }
    }

    private sealed record BulkPublishAnswer(List<FailedEntry>? FailedEntries);

    private sealed record FailedEntry(string? EntryId, string? Error);
}
