using System.Buffers;
using System.Text;
using System.Text.Json;
using Agents.LocalRuntime.Http;
using Agents.LocalRuntime.Json;

namespace Agents.LocalRuntime.PubSub;

/// <summary>The bulk publish API. All entries are accepted together or, when the broker fails, none.</summary>
internal static class BulkPublish
{
    public static async Task HandleAsync(ApiRequest request, TimeProvider time)
    {
        var topic = request.Path.Rest(4);
        var component = PublishEndpoints.Component(request, 3, topic);
        var target = $"topic {topic} pubsub {component.Name}";
        var entries = await ReadAsync(request, component, target);
        if (entries.Count != entries.Select(entry => entry.Id).Where(id => id.Length > 0).Distinct().Count())
        {
            const string Cause = "entryId is duplicated or not present for entry";
            throw Refused(request, component, $"error marshaling events to bytes for {target}. error: {Cause}", "DAPR_PUBSUB_MARSHAL_EVENTS", Cause);
        }

        IReadOnlyDictionary<string, string> metadata = request.QueryMetadata() ?? Message.NoMetadata;
        var messages = entries.Select(entry => ToMessage(request, component, target, topic, entry, metadata, time)).ToList();
        try
        {
            await component.PublishAsync(topic, messages, request.Aborted);
        }
        catch (Exception error) when (!request.Aborted.IsCancellationRequested)
        {
            await FailedAsync(request, entries, error);
            return;
        }

        request.NoContent();
    }

    private static async ValueTask<List<Entry>> ReadAsync(ApiRequest request, PubSubComponent component, string target)
    {
        try
        {
            using var document = JsonDocument.Parse(await request.ReadBodyAsync(), new JsonDocumentOptions { MaxDepth = GoJson.DeepestNesting });
            return document.RootElement.ValueKind == JsonValueKind.Null ? [] : [.. document.RootElement.EnumerateArray().Select(Entry.Parse)];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or BodyTooLargeException)
        {
            var message = $"error when unmarshaling the request for {target}: {(error is JsonException json ? JsonProblem.Describe(json) : error.Message)}";
            throw new ApiException(
                400, "ERR_PUBSUB_EVENTS_SER", message, ErrorDetail.Resource("pubsub", component.Name, message),
                ErrorDetail.Info("DAPR_PUBSUB_UNMARSHAL_EVENTS", ("appID", request.Sidecar.Spec.AppId)));
        }
    }

    private static Message ToMessage(
        ApiRequest request, PubSubComponent component, string target, string topic, Entry entry,
        IReadOnlyDictionary<string, string> queryMetadata, TimeProvider time)
    {
        try
        {
            if (PublishEndpoints.IsRaw(queryMetadata)) return new(entry.Bytes(), entry.Metadata);
            var cloudEvent = CloudEvent.IsCloudEventType(entry.ContentType)
                ? CloudEvent.Read(entry.Bytes())
                : CloudEvent.Wrap(entry.Bytes(), entry.ContentType, request.Sidecar.Spec.AppId);
            return new(cloudEvent.Stamp(component.Name, topic, request.Trace, time.GetUtcNow(), entry.Metadata).ToJson(), entry.Metadata);
        }
        catch (Exception error) when (error is FormatException or JsonException)
        {
            var cause = "error: " + (error is JsonException json ? JsonProblem.Describe(json) : error.Message);
            throw Refused(request, component, $"error when marshalling cloud event envelope for {target}: {cause}", "DAPR_PUBSUB_MARSHAL_ENVELOPE", cause);
        }
    }

    private static ApiException Refused(ApiRequest request, PubSubComponent component, string message, string reason, string cause) => new(
        400, "ERR_PUBSUB_EVENTS_SER", message, ErrorDetail.Resource("pubsub", component.Name, message),
        ErrorDetail.Info(reason, ("appID", request.Sidecar.Spec.AppId), ("error", cause)));

    private static Task FailedAsync(ApiRequest request, List<Entry> entries, Exception error)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteStartArray("failedEntries");
            foreach (var entry in entries)
            {
                json.WriteStartObject();
                json.WriteString("entryId", entry.Id);
                json.WriteString("error", error.Message);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("errorCode", "ERR_PUBSUB_PUBLISH_MESSAGE");
            json.WriteEndObject();
        }

        return request.JsonAsync(output.WrittenMemory, StatusCodes.Status500InternalServerError);
    }

    /// <summary>One entry: <paramref name="Event"/> is JSON text, to be read as the content type says.</summary>
    private sealed record Entry(string Id, string Event, bool IsString, string ContentType, IReadOnlyDictionary<string, string> Metadata)
    {
        public static Entry Parse(JsonElement item)
        {
            string id = "", contentType = "", json = "null";
            var isString = false;
            var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            foreach (var member in item.EnumerateObject())
            {
                switch (member.Name.ToLowerInvariant())
                {
                    case "entryid":
                        id = member.Value.GetString() ?? "";
                        break;
                    case "contenttype":
                        contentType = member.Value.GetString() ?? "";
                        break;
                    case "event":
                        isString = member.Value.ValueKind == JsonValueKind.String;
                        json = isString ? member.Value.GetString()! : member.Value.GetRawText();
                        break;
                    case "metadata" when member.Value.ValueKind == JsonValueKind.Object:
                        foreach (var pair in member.Value.EnumerateObject()) metadata[pair.Name] = pair.Value.GetString() ?? "";
                        break;
                }
            }

            return new(id, json, isString, contentType, metadata);
        }

        /// <exception cref="FormatException">The event is not of the kind that its content type needs.</exception>
        public byte[] Bytes()
        {
            var mediaType = CloudEvent.MediaType(ContentType);
            if (CloudEvent.IsJson(mediaType) || CloudEvent.IsCloudEventType(ContentType))
            {
                return IsString ? JsonSerializer.SerializeToUtf8Bytes(Event) : Encoding.UTF8.GetBytes(Event);
            }

            if (!IsString) throw new FormatException("mismatch between contentType and event");
            return CloudEvent.IsBinary(mediaType) ? Convert.FromBase64String(Event) : Encoding.UTF8.GetBytes(Event);
        }
    }
}
