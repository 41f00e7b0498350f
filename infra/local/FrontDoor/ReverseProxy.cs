using System.Net.Sockets;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace Agents.Local.FrontDoor;

/// <summary>
/// Passes requests to replicas and answers back, both as streams: nothing is buffered, followed, unpacked or rewritten.
/// A client that goes away takes its upstream request with it.
/// </summary>
internal sealed class ReverseProxy(Upstreams upstreams) : IDisposable
{
    private static readonly HashSet<string> NotReturned = new(StringComparer.OrdinalIgnoreCase)
    {
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.ProxyConnection, HeaderNames.TransferEncoding, HeaderNames.Upgrade,
        HeaderNames.Trailer,
    };

    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        // The trace headers of the client go on as they are.
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        // Below the services' own keep-alive, so that this end closes first.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    });

    public async Task ForwardAsync(HttpContext context)
    {
        var rule = PathTable.Match(context.Request.Path);
        var trace = ForwardedRequest.EnsureTrace(context.Request);
        try
        {
            await ForwardedRequest.LearnLengthAsync(context);
            foreach (var upstream in upstreams.InOrder(rule.App))
            {
                using var request = ForwardedRequest.For(context, upstream);
                using var response = await SendAsync(request, context.RequestAborted);
                if (response is not null)
                {
                    await ReturnAsync(response, context);
                    return;
                }
            }

            await Refusal.WriteAsync(context, rule, trace, StatusCodes.Status503ServiceUnavailable, "Service unavailable",
                $"No replica of {rule.App} accepts requests at the moment. Try again in a second.");
        }
        catch (Exception e) when ((e as BadHttpRequestException ?? e.InnerException as BadHttpRequestException) is { } bad)
        {
            // The client's own body was at fault, for example too large.
            await Refusal.WriteAsync(context, rule, trace, bad.StatusCode, "The request body was refused", bad.Message);
        }
        catch (IOException)
        {
            // Chunks that are none, for example.
            await Refusal.WriteAsync(context, rule, trace, StatusCodes.Status400BadRequest, "The request body was refused",
                "The request body could not be read: it is malformed, or broke off.");
        }
        catch (HttpRequestException)
        {
            await Refusal.WriteAsync(context, rule, trace, StatusCodes.Status502BadGateway, "The service broke off",
                $"{rule.App} ended the connection before it answered. It may or may not have acted on the request.");
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; there is no one to answer.
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Null when the replica has certainly not acted on the request, so that the next one may be asked.</summary>
    private async Task<HttpResponseMessage?> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _client.SendAsync(request, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } or SocketException)
        {
            // A reset while the connection opens comes as a bare SocketException.
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing else cancels here but the limit on connecting.
            return null;
        }
        catch (HttpRequestException) when (request is { Content: null, Method.Method: "GET" or "HEAD" })
        {
            return null;
        }
    }

    private static async Task ReturnAsync(HttpResponseMessage response, HttpContext context)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            if (!NotReturned.Contains(name))
                context.Response.Headers[name] = values.ToArray();
        }

        try
        {
            // A body without a length is a stream whose first byte may be long in coming; its headers should not wait.
            if (context.Response.ContentLength is null)
                await context.Response.Body.FlushAsync(context.RequestAborted);
            await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
        }
    }
}
