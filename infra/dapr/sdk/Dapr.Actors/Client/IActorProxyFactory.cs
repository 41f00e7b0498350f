namespace Dapr.Actors.Client;

/// <summary>Creates proxies of actors.</summary>
public interface IActorProxyFactory
{
    /// <summary>Creates a proxy that calls methods by name with JSON; the sidecar is not called.</summary>
    ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null);
}
