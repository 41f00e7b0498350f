using System.Buffers;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Agents.Local.FrontDoor;

/// <summary>What an upstream gets to see of a client's request.</summary>
internal static class ForwardedRequest
{
    private const string TraceParent = "traceparent";

    /// <summary>Above this, the upstream may refuse a body before it is sent.</summary>
    private const long AskFirstBytes = 1024 * 1024;

    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>Headers of one connection (RFC 9110, section 7.6.1), and those this edge writes itself.</summary>
    private static readonly HashSet<string> NotForwarded = new(StringComparer.OrdinalIgnoreCase)
    {
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.ProxyConnection, HeaderNames.ProxyAuthorization,
        HeaderNames.ProxyAuthenticate, HeaderNames.TE, HeaderNames.Trailer, HeaderNames.TransferEncoding, HeaderNames.Upgrade,
        HeaderNames.ContentLength, HeaderNames.Expect, HeaderNames.Host,
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Real-IP",
    };

    /// <summary>Gives the request a trace when it brings none, and returns the trace's id.</summary>
    public static string EnsureTrace(HttpRequest request)
    {
        if (ActivityContext.TryParse(request.Headers[TraceParent], null, out var context))
            return context.TraceId.ToHexString();

        var trace = ActivityTraceId.CreateRandom().ToHexString();
        request.Headers[TraceParent] = $"00-{trace}-{ActivitySpanId.CreateRandom().ToHexString()}-01";
        return trace;
    }

    /// <summary>
    /// Takes in a body of unknown length (beyond 1 MB on disk), so that the upstream can refuse it by its length before a byte is sent.
    /// Sent on as it came, a body that the upstream refuses half way would break the connection under the refusal.
    /// </summary>
    /// <exception cref="BadHttpRequestException">The body is larger than this edge takes, or malformed.</exception>
    public static async Task LearnLengthAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.ContentLength is not null || context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
            return;
        request.EnableBuffering((int)AskFirstBytes, FrontDoorServer.MaxBodyBytes);
        await request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        request.ContentLength = request.Body.Length;
        request.Body.Position = 0;
    }

    public static HttpRequestMessage For(HttpContext context, Uri upstream)
    {
        var request = context.Request;
        var target = request.PathBase.Add(request.Path).ToUriComponent() + request.QueryString.ToUriComponent();
        var message = new HttpRequestMessage(
            HttpMethod.Parse(request.Method), new Uri(upstream.GetLeftPart(UriPartial.Authority) + target, AsWritten))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false })
        {
            message.Content = new ForwardedBody(request.Body, request.ContentLength);
            message.Headers.ExpectContinue = request.ContentLength > AskFirstBytes;
        }

        var ofThisConnection = request.Headers.GetCommaSeparatedValues(HeaderNames.Connection);
        foreach (var (name, values) in request.Headers)
        {
            if (!IsForwarded(name) || ofThisConnection.Contains(name, StringComparer.OrdinalIgnoreCase))
                continue;
            if (!Add(message.Headers, name, values) && message.Content is { } content)
                Add(content.Headers, name, values);
        }

        message.Headers.Host = request.Host.Value;
        message.Headers.TryAddWithoutValidation("X-Forwarded-For", context.Connection.RemoteIpAddress?.ToString());
        message.Headers.TryAddWithoutValidation("X-Forwarded-Proto", request.Scheme);
        message.Headers.TryAddWithoutValidation("X-Forwarded-Host", request.Host.Value);
        return message;
    }

    /// <summary>No one outside may speak as a service or as a sidecar.</summary>
    private static bool IsForwarded(string name) =>
        !NotForwarded.Contains(name)
        && !name.StartsWith("x-agents-", StringComparison.OrdinalIgnoreCase)
        && !name.StartsWith("dapr-", StringComparison.OrdinalIgnoreCase);

    private static bool Add(System.Net.Http.Headers.HttpHeaders headers, string name, StringValues values) =>
        headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);

    /// <summary>Sends the client's body on as it arrives; the body stays the client connection's to close.</summary>
    private sealed class ForwardedBody(Stream body, long? length) : HttpContent
    {
        private const int BufferBytes = 32 * 1024;

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
            try
            {
                while (await body.ReadAsync(buffer, cancellationToken) is > 0 and var count)
                {
                    await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                    // A plain copy would hold a small piece back until more of the body came.
                    await stream.FlushAsync(cancellationToken);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length ?? 0;
            return length is not null;
        }
    }
}
