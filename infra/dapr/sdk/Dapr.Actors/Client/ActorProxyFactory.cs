using System.Collections.Concurrent;

namespace Dapr.Actors.Client;

/// <summary>Creates proxies that share their connections to the sidecar.</summary>
/// <param name="options">What a proxy uses that is created without options of its own.</param>
/// <param name="handler">Sends the requests in place of the connection pool; the caller keeps it.</param>
public class ActorProxyFactory(ActorProxyOptions? options = null, HttpMessageHandler? handler = null) : IActorProxyFactory
{
    private readonly ConcurrentDictionary<Target, ActorSidecar> _sidecars = new();

    /// <summary>What a proxy uses that is created without options of its own.</summary>
    public ActorProxyOptions DefaultOptions { get; set; } = options ?? new ActorProxyOptions();

    /// <inheritdoc />
    public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(actorId);
        ArgumentException.ThrowIfNullOrEmpty(actorType);
        var chosen = options ?? DefaultOptions;
        var target = new Target(chosen.HttpEndpoint, chosen.DaprApiToken, chosen.RequestTimeout);
        var sidecar = _sidecars.GetOrAdd(target, it => new ActorSidecar(it.Endpoint, it.Token, it.Timeout, handler));
        return new ActorProxy(actorId, actorType, sidecar, chosen.JsonSerializerOptions);
    }

    private sealed record Target(string Endpoint, string? Token, TimeSpan? Timeout);
}
