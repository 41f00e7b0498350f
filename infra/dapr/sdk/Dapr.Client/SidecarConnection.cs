using System.Net.Sockets;

namespace Dapr.Client;

/// <summary>How this process talks HTTP to its sidecar.</summary>
internal static class SidecarConnection
{
    public const string TokenHeader = "dapr-api-token";

    /// <summary>Far above what a sidecar sends (it takes bodies up to 4 MiB by default); it stops a runaway answer.</summary>
    private const long MaxAnswerBytes = 64 * 1024 * 1024;

    public static HttpClient CreateHttpClient(string? token, HttpMessageHandler? handler = null)
    {
        var http = new HttpClient(handler ?? new ResetHandler(CreateHandler()), disposeHandler: handler is null) { MaxResponseContentBufferSize = MaxAnswerBytes };
        if (token is not null) http.DefaultRequestHeaders.TryAddWithoutValidation(TokenHeader, token);
        return http;
    }

    /// <summary>
    /// Pooled connections that are renewed now and then, so that a sidecar that moved is found. A proxy would stand between the app and
    /// its own sidecar, and a redirect would lead past it: both are off.
    /// </summary>
    public static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };
}

/// <summary>
/// A peer that resets a connection while it is being opened makes SocketsHttpHandler throw a bare <see cref="SocketException"/> (it
/// asks the socket for its remote address); callers expect the exception of requests.
/// </summary>
internal sealed class ResetHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (SocketException error)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, error.Message, error);
        }
    }
}
