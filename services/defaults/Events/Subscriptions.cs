using Agents.Defaults.Identity;
using Agents.Defaults.Limits;
using Dapr;
using Dapr.AspNetCore;

namespace Agents.Defaults.Events;

/// <summary>How services subscribe.</summary>
public static class Subscriptions
{
    /// <summary>The pub/sub component.</summary>
    public const string PubSub = "pubsub";

    private const int MaxBatch = 100;

    // Messages have at most 64 KB each; the rest is for what the sidecar wraps around them.
    private const int MaxBatchBytes = 8 << 20;

    /// <summary>
    /// A route to which the sidecar delivers <paramref name="topic"/>. The handler's success acknowledges; an exception asks for the
    /// message again.
    /// </summary>
    public static IEndpointConventionBuilder MapTopic(this IEndpointRouteBuilder routes, string topic, Delegate handler) =>
        routes.MapPost($"/internal/topics/{topic}", handler)
            .RequireInternal()
            .WithTopic(new TopicOptions { PubsubName = PubSub, Name = topic });

    /// <summary>
    /// As <see cref="MapTopic"/>, for a <paramref name="handler"/> that takes an <see cref="EventBatch"/> and answers with its
    /// <see cref="EventBatch.Acknowledge"/>: up to 100 messages at a time, gathered for at most 100 ms.
    /// </summary>
    public static IEndpointConventionBuilder MapTopicInBatches(this IEndpointRouteBuilder routes, string topic, Delegate handler) =>
        routes.MapTopic(topic, handler)
            .WithBodyLimit(MaxBatchBytes)
            .WithBulkSubscribe(new BulkSubscribeTopicOptions { TopicName = topic, MaxMessagesCount = MaxBatch, MaxAwaitDurationMs = 100 });
}
