using System.Text.Json;
using Agents.LocalRuntime.Http;
using Agents.LocalRuntime.Json;

namespace Agents.LocalRuntime.PubSub;

/// <summary>The publish API: one event, or several at once.</summary>
internal static class PublishEndpoints
{
    /// <summary>Answers the request, or says that no publish route fits it.</summary>
    public static bool TryHandle(ApiRequest request, string version, TimeProvider time, out Task done)
    {
        done = null!;
        if (!request.IsWrite) return false;
        var path = request.Path;
        if (path.Count >= 5 && path.Raw(2) == "bulk" && version is "v1.0" or "v1.0-alpha1") done = BulkPublish.HandleAsync(request, time);
        else if (path.Count >= 4 && version == "v1.0") done = PublishAsync(request, time);
        return done is not null;
    }

    public static PubSubComponent Component(ApiRequest request, int segment, string topic)
    {
        var name = request.Path.Text(segment);
        if (!request.Sidecar.Components.PubSubs.TryGetValue(name, out var component))
        {
            throw new ApiException(404, "ERR_PUBSUB_NOT_FOUND", $"pubsub {name} is not found", ErrorDetail.Info("DAPR_PUBSUB_NOT_FOUND"));
        }

        if (component.Scopes.MayPublish(topic)) return component;
        var message = $"topic {topic} is not allowed for app id {request.Sidecar.Spec.AppId}";
        throw new ApiException(
            403, "ERR_PUBSUB_FORBIDDEN", message, ErrorDetail.Resource("pubsub", name, message),
            ErrorDetail.Info("DAPR_PUBSUB_FORBIDDEN", ("appID", request.Sidecar.Spec.AppId), ("topic", topic)));
    }

    public static ApiException Failed(string component, string topic, string appId, Exception error)
    {
        var message = $"error when publishing to topic {topic} in pubsub {component}: {error.Message}";
        return new(
            500, "ERR_PUBSUB_PUBLISH_MESSAGE", message, ErrorDetail.Resource("pubsub", component, message),
            ErrorDetail.Info("DAPR_PUBSUB_PUBLISH_MESSAGE", ("appID", appId), ("error", error.Message), ("topic", topic)));
    }

    public static bool IsRaw(IReadOnlyDictionary<string, string> metadata) =>
        metadata.TryGetValue("rawPayload", out var raw) && raw.Equals("true", StringComparison.OrdinalIgnoreCase);

    private static async Task PublishAsync(ApiRequest request, TimeProvider time)
    {
        var topic = request.Path.Rest(3);
        var component = Component(request, 2, topic);
        IReadOnlyDictionary<string, string> metadata = request.QueryMetadata() ?? Message.NoMetadata;
        byte[] body;
        try
        {
            body = await request.ReadBodyAsync();
        }
        catch (BodyTooLargeException error)
        {
            throw new ApiException(400, "ERR_MALFORMED_REQUEST", error.Message);
        }

        var appId = request.Sidecar.Spec.AppId;
        try
        {
            var data = IsRaw(metadata) ? body : Wrap(request, component, topic, body, metadata, time);
            await component.PublishAsync(topic, [new(data, metadata)], request.Aborted);
        }
        catch (FormatException error)
        {
            throw new ApiException(400, "ERR_PUBSUB_REQUEST_METADATA", $"failed deserializing metadata. Error: {error.Message}");
        }
        catch (JsonException error)
        {
            const string Text = "cannot create cloudevent";
            throw new ApiException(
                500, "ERR_PUBSUB_CLOUD_EVENTS_SER", Text, ErrorDetail.Resource("pubsub", component.Name, Text),
                ErrorDetail.Info("DAPR_PUBSUB_CLOUD_EVENT_CREATION", ("appID", appId), ("error", JsonProblem.Describe(error))));
        }
        catch (Exception error) when (error is not ApiException && !request.Aborted.IsCancellationRequested)
        {
            throw Failed(component.Name, topic, appId, error);
        }

        request.NoContent();
    }

    private static byte[] Wrap(
        ApiRequest request, PubSubComponent component, string topic, byte[] body, IReadOnlyDictionary<string, string> metadata, TimeProvider time)
    {
        var contentType = request.Http.Request.ContentType is { Length: > 0 } given ? given : "text/plain";
        var cloudEvent = CloudEvent.IsCloudEventType(contentType) ? CloudEvent.Read(body) : CloudEvent.Wrap(body, contentType, request.Sidecar.Spec.AppId);
        return cloudEvent.Stamp(component.Name, topic, request.Trace, time.GetUtcNow(), metadata).ToJson();
    }
}
