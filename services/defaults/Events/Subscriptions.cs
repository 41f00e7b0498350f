using Agents.Defaults.Identity;
using Agents.Defaults.Limits;
using Dapr;
using Dapr.AspNetCore;

namespace Agents.Defaults.Events;

/// <summary>
/// How services subscribe: they tell their sidecar, unless <c>Subscriptions:Declared</c> says that Subscription resources do, with the
/// operator's choice of dead letter topics. The routes are the same.
/// </summary>
public static class Subscriptions
{
    /// <summary>The pub/sub component.</summary>
    public const string PubSub = "pubsub";

    private const string Declared = "Subscriptions:Declared";
    private const int MaxBatch = 100;

    // Messages have at most 64 KB each; the rest is for what the sidecar wraps around them.
    private const int MaxBatchBytes = 8 << 20;

    /// <summary>
    /// A route to which the sidecar delivers <paramref name="topic"/>. The handler's success acknowledges; an exception asks for the
    /// message again.
    /// </summary>
    public static IEndpointConventionBuilder MapTopic(this IEndpointRouteBuilder routes, string topic, Delegate handler)
    {
        var route = routes.MapPost($"/internal/topics/{topic}", handler).RequireInternal();
        return routes.AreDeclared() ? route : route.WithTopic(new TopicOptions { PubsubName = PubSub, Name = topic });
    }

    /// <summary>
    /// As <see cref="MapTopic"/>, for a <paramref name="handler"/> that takes an <see cref="EventBatch"/> and answers with its
    /// <see cref="EventBatch.Acknowledge"/>: up to 100 messages at a time, gathered for at most 100 ms.
    /// </summary>
    public static IEndpointConventionBuilder MapTopicInBatches(this IEndpointRouteBuilder routes, string topic, Delegate handler)
    {
        var route = routes.MapTopic(topic, handler).WithBodyLimit(MaxBatchBytes);
        return routes.AreDeclared()
            ? route
            : route.WithBulkSubscribe(new BulkSubscribeTopicOptions { TopicName = topic, MaxMessagesCount = MaxBatch, MaxAwaitDurationMs = 100 });
    }

    private static bool AreDeclared(this IEndpointRouteBuilder routes) =>
        routes.ServiceProvider.GetRequiredService<IConfiguration>().GetValue(Declared, false);
}
