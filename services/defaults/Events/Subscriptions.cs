using Agents.Defaults.Identity;
using Dapr;

namespace Agents.Defaults.Events;

/// <summary>How services subscribe.</summary>
public static class Subscriptions
{
    public const string PubSub = "pubsub";

    /// <summary>Where messages go that a subscriber refused for good.</summary>
    public const string DeadLetters = "dead-letters";

    /// <summary>
    /// A route to which the sidecar delivers <paramref name="topic"/>. The handler's success acknowledges; an exception asks for the
    /// message again.
    /// </summary>
    public static IEndpointConventionBuilder MapTopic(this IEndpointRouteBuilder routes, string topic, Delegate handler) =>
        routes.MapPost($"/internal/topics/{topic}", handler)
            .RequireInternal()
            .WithTopic(new TopicOptions { PubsubName = PubSub, Name = topic });
}
