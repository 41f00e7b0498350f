using Agents.LocalRuntime.Actors.Hosting;

namespace Agents.LocalRuntime.Actors;

/// <summary>A call of an actor: a method, or the firing of a timer or reminder. It reaches the app as PUT.</summary>
/// <param name="Caller">The sidecar it comes from; its policies apply.</param>
/// <param name="Key">The actor.</param>
/// <param name="Target">The path below the actor, escaped.</param>
/// <param name="Body">The body.</param>
internal sealed record ActorCall(ActorHost Caller, ActorKey Key, string Target, byte[] Body)
{
    public const string ChainHeader = "Dapr-Reentrancy-Id";

    /// <summary>With its question mark, or empty.</summary>
    public string Query { get; init; } = "";

    public IReadOnlyList<KeyValuePair<string, string[]>> Headers { get; init; } = [];

    /// <summary>The call chain, for reentrant actors.</summary>
    public string? Chain { get; init; }

    /// <summary>Comes from a client of the API, not from a timer or reminder.</summary>
    public bool IsApiCall { get; init; }

    /// <summary>Without a leading slash.</summary>
    public string PathAndQuery => string.Concat(Key.AppPath, "/", Target, Query);

    /// <param name="address">The app's.</param>
    /// <param name="host">Where the actor is; daprd names its app as the caller, whoever the caller was.</param>
    public HttpRequestMessage ToMessage(string address, ActorHost host)
    {
        var target = new Uri($"{address}/{PathAndQuery}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var message = new HttpRequestMessage(HttpMethod.Put, target) { Content = new ByteArrayContent(Body) };
        foreach (var (name, values) in Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, values)) message.Content.Headers.TryAddWithoutValidation(name, values);
        }

        if (Chain is not null)
        {
            message.Headers.Remove(ChainHeader);
            message.Headers.TryAddWithoutValidation(ChainHeader, Chain);
        }

        if (!IsApiCall) return message;
        message.Headers.TryAddWithoutValidation("dapr-api-call", "true");
        message.Headers.TryAddWithoutValidation("dapr-caller-app-id", host.Spec.AppId);
        message.Headers.TryAddWithoutValidation("dapr-caller-namespace", host.Network.Name);
        if (host != Caller) message.Headers.TryAddWithoutValidation("X-Dapr-Remote", "true");
        return message;
    }
}

/// <summary>An actor call failed before the app had answered it; the message is what daprd says.</summary>
internal sealed class ActorCallException(string message) : Exception(message);

/// <summary>Nothing of the call reached the app.</summary>
internal sealed class HostRefusedException(ActorHost host, string message) : Exception(message)
{
    public ActorHost Host => host;
}
