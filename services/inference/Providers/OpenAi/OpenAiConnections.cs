using System.Collections.Concurrent;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>
/// Connections to providers, shared by all deployments whose limit on connecting is the same: a change of deployments neither closes a
/// connection in use nor leaves one behind.
/// </summary>
internal sealed class OpenAiConnections : IDisposable
{
    private readonly ConcurrentDictionary<TimeSpan, HttpMessageInvoker> _byConnectTimeout = new();

    public HttpMessageInvoker For(TimeSpan connectTimeout) => _byConnectTimeout.GetOrAdd(connectTimeout, Create);

    public void Dispose()
    {
        foreach (var connections in _byConnectTimeout.Values)
            connections.Dispose();
    }

    // No redirects: they would carry the request, and with it the caller's text, to an address nobody configured.
    private static HttpMessageInvoker Create(TimeSpan connectTimeout) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = connectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    });
}
