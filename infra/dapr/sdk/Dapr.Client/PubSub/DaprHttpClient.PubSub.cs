using System.Text.Json;

namespace Dapr.Client;

internal sealed partial class DaprHttpClient
{
    private const string PublishOperation = "Publish";

    public override Task PublishEventAsync<TData>(
        string pubsubName, string topicName, TData data, CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, EventBody(data), null, cancellationToken);

    public override Task PublishEventAsync<TData>(
        string pubsubName, string topicName, TData data, Dictionary<string, string> metadata,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return PublishAsync(pubsubName, topicName, EventBody(data), metadata, cancellationToken);
    }

    public override Task PublishEventAsync(string pubsubName, string topicName, CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, null, null, cancellationToken);

    public override Task PublishEventAsync(
        string pubsubName, string topicName, Dictionary<string, string> metadata, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return PublishAsync(pubsubName, topicName, null, metadata, cancellationToken);
    }

    public override Task PublishByteEventAsync(
        string pubsubName, string topicName, ReadOnlyMemory<byte> data, string dataContentType = "application/json",
        Dictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, Body(data, dataContentType), metadata, cancellationToken);

    private async Task PublishAsync(
        string pubsubName, string topicName, HttpContent? body, Dictionary<string, string>? metadata, CancellationToken cancellationToken)
    {
        var path = TopicPath("/v1.0/publish", pubsubName, topicName).WithMetadata(metadata);
        using var _ = await CallAsync(PublishOperation, Request(HttpMethod.Post, path, body), cancellationToken);
    }

    private ReadOnlyMemoryContent EventBody<TData>(TData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return Body(JsonSerializer.SerializeToUtf8Bytes(data, JsonSerializerOptions), EventContentType(data));
    }

    private static string EventContentType<TData>(TData data) => data is CloudEvent ? CloudEventContentType : JsonContentType;

    /// <summary>The path of a topic, whose name may have slashes of its own.</summary>
    private static string TopicPath(string prefix, string pubsubName, string topicName)
    {
        ArgumentException.ThrowIfNullOrEmpty(pubsubName);
        ArgumentException.ThrowIfNullOrEmpty(topicName);
        return prefix + SidecarUrl.Path([pubsubName, .. topicName.Split('/')]);
    }
}
