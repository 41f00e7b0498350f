using Dapr;
using Dapr.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Subscribes endpoints to topics.</summary>
public static class DaprEndpointConventionBuilderExtensions
{
    /// <summary>Subscribes the endpoint to a topic.</summary>
    public static T WithTopic<T>(this T builder, string pubsubName, string name) where T : IEndpointConventionBuilder =>
        builder.WithTopic(pubsubName, name, false, null!);

    /// <summary>Subscribes the endpoint to a topic, with metadata.</summary>
    public static T WithTopic<T>(
        this T builder, string pubsubName, string name, IDictionary<string, string> metadata) where T : IEndpointConventionBuilder =>
        builder.WithTopic(pubsubName, name, false, metadata);

    /// <summary>Subscribes the endpoint to a topic that may carry plain bytes.</summary>
    public static T WithTopic<T>(
        this T builder, string pubsubName, string name, bool enableRawPayload) where T : IEndpointConventionBuilder =>
        builder.WithTopic(pubsubName, name, enableRawPayload, null!);

    /// <summary>Subscribes the endpoint to a topic that may carry plain bytes, with metadata.</summary>
    public static T WithTopic<T>(
        this T builder, string pubsubName, string name, bool enableRawPayload,
        IDictionary<string, string> metadata) where T : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithMetadata(new TopicAttribute(pubsubName, name, enableRawPayload)).WithValues(metadata);
    }

    /// <summary>Subscribes the endpoint to a topic.</summary>
    public static T WithTopic<T>(this T builder, TopicOptions topicOptions) where T : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = topicOptions;
        var topic = new TopicAttribute(options.PubsubName, options.Name, options.DeadLetterTopic, options.EnableRawPayload)
        {
            Match = options.Match,
            Priority = options.Priority,
            OwnedMetadatas = options.OwnedMetadatas,
        };
        return builder.WithMetadata(topic).WithValues(options.Metadata);
    }

    /// <summary>Asks for the events of a topic in batches; the endpoint has to be subscribed to it as well.</summary>
    public static T WithBulkSubscribe<T>(
        this T builder, BulkSubscribeTopicOptions bulkSubscribeTopicOptions) where T : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = bulkSubscribeTopicOptions;
        ArgumentException.ThrowIfNullOrEmpty(options.TopicName);
        return builder.WithMetadata(new BulkSubscribeAttribute(options.TopicName, options.MaxMessagesCount, options.MaxAwaitDurationMs));
    }

    private static T WithValues<T>(this T builder, IDictionary<string, string>? metadata) where T : IEndpointConventionBuilder
    {
        if (metadata is null) return builder;
        foreach (var (name, value) in metadata) builder.WithMetadata(new TopicMetadataAttribute(name, value));
        return builder;
    }
}
