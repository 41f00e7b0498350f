using System.Text.Json;

namespace Dapr.Actors.Client;

/// <summary>Calls the methods of one actor by name, with JSON, wherever it lives and in whatever language it is written.</summary>
/// <remarks>
/// Every call throws <see cref="DaprApiException"/> when the sidecar refuses or the method fails, with the sidecar's code and text, and
/// <see cref="HttpRequestException"/> when the sidecar cannot be reached. Whether a method ran whose call failed is not known.
/// </remarks>
public class ActorProxy : IActorProxy
{
    private readonly ActorSidecar _sidecar;
    private readonly JsonSerializerOptions _json;

    internal ActorProxy(ActorId actorId, string actorType, ActorSidecar sidecar, JsonSerializerOptions json) =>
        (ActorId, ActorType, _sidecar, _json) = (actorId, actorType, sidecar, json);

    /// <summary>The factory behind <see cref="Create"/>, with the options of the environment.</summary>
    public static IActorProxyFactory DefaultProxyFactory { get; } = new ActorProxyFactory();

    /// <inheritdoc />
    public ActorId ActorId { get; }

    /// <inheritdoc />
    public string ActorType { get; }

    /// <summary>Creates a proxy; the sidecar is not called.</summary>
    public static ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null) =>
        DefaultProxyFactory.Create(actorId, actorType, options);

    /// <summary>Calls a method that takes and returns something.</summary>
    public async Task<TResponse> InvokeMethodAsync<TRequest, TResponse>(string method, TRequest data, CancellationToken cancellationToken = default) =>
        Read<TResponse>(await CallAsync(method, JsonSerializer.SerializeToUtf8Bytes(data, _json), cancellationToken));

    /// <summary>Calls a method that takes something.</summary>
    public Task InvokeMethodAsync<TRequest>(string method, TRequest data, CancellationToken cancellationToken = default) =>
        CallAsync(method, JsonSerializer.SerializeToUtf8Bytes(data, _json), cancellationToken);

    /// <summary>Calls a method that returns something.</summary>
    public async Task<TResponse> InvokeMethodAsync<TResponse>(string method, CancellationToken cancellationToken = default) =>
        Read<TResponse>(await CallAsync(method, null, cancellationToken));

    /// <summary>Calls a method.</summary>
    public Task InvokeMethodAsync(string method, CancellationToken cancellationToken = default) => CallAsync(method, null, cancellationToken);

    private Task<byte[]> CallAsync(string method, byte[]? body, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(method);
        return _sidecar.InvokeAsync(ActorType, ActorId.GetId(), method, body, cancellationToken);
    }

    private T Read<T>(byte[] body) => body.Length == 0 ? default! : JsonSerializer.Deserialize<T>(body, _json)!;
}
