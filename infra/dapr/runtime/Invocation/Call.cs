using System.Net;
using Agents.LocalRuntime.Apps;
using Agents.LocalRuntime.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Agents.LocalRuntime.Invocation;

/// <summary>A caller's request on its way to an app.</summary>
internal sealed class Call
{
    private static readonly string HostName = Environment.MachineName;

    private readonly ApiRequest _request;
    private readonly HttpRequest _http;
    private readonly string _appId;
    private readonly bool _hasBody;
    private byte[]? _kept;

    /// <param name="request">The caller's request.</param>
    /// <param name="appId">As the caller named the app.</param>
    /// <param name="pathAndQuery">What the app is asked for.</param>
    /// <param name="isSelf">The app calls itself: no headers are added.</param>
    /// <exception cref="BodyTooLargeException">The body is announced larger than max-body-size.</exception>
    public Call(ApiRequest request, string appId, string pathAndQuery, bool isSelf)
    {
        (_request, _http, _appId, PathAndQuery, IsSelf) = (request, request.Http.Request, appId, pathAndQuery, isSelf);
        _hasBody = request.Http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true;
    }

    public bool IsSelf { get; }

    public string PathAndQuery { get; }

    /// <summary>The method as Go's client writes it in errors: Get, Post.</summary>
    public string GoMethod => _http.Method[..1] + _http.Method[1..].ToLowerInvariant();

    public bool IsReplayable => !_hasBody || _http.ContentLength is not null;

    /// <summary>Reads the body into memory, so that it can be sent again.</summary>
    /// <exception cref="BodyTooLargeException">It is larger than max-body-size.</exception>
    public async Task KeepBodyAsync()
    {
        if (_hasBody) _kept = await _request.ReadBodyAsync();
    }

    public async Task<Exchange> SendAsync(AppChannel app, CancellationToken cancel)
    {
        if (_http.ContentLength > _request.Sidecar.Spec.MaxBodySize) throw new BodyTooLargeException();
        var slot = await app.EnterAsync(cancel);
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Parse(_http.Method), Target(app)) { Content = Content() };
            CopyHeaders(message);
            return new(await app.SendAsync(message, cancel), slot);
        }
        catch
        {
            slot.Dispose();
            throw;
        }
    }

    private Uri Target(AppChannel app) =>
        new(app.Address + PathAndQuery, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    private HttpContent? Content()
    {
        if (!_hasBody) return null;
        return _kept is not null ? new ByteArrayContent(_kept) : new StreamedBody(_http, _request.Sidecar.Spec.MaxBodySize);
    }

    private void CopyHeaders(HttpRequestMessage message)
    {
        foreach (var (name, values) in _http.Headers)
        {
            if (HopByHop.Headers.Contains(name) || IsOwnToken(name)) continue;
            if (!message.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                message.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }

        if (IsSelf)
        {
            message.Headers.TryAddWithoutValidation("traceparent", _request.Trace.TraceParent);
            return;
        }

        var address = _request.Http.Connection.LocalIpAddress ?? IPAddress.Loopback;
        message.Headers.TryAddWithoutValidation("traceparent", _request.Trace.Child());
        message.Headers.TryAddWithoutValidation("dapr-caller-app-id", _request.Sidecar.Spec.AppId);
        message.Headers.TryAddWithoutValidation("dapr-caller-namespace", _request.Sidecar.Spec.Variable("NAMESPACE") ?? "default");
        message.Headers.TryAddWithoutValidation("dapr-callee-app-id", CalleeName());
        message.Headers.TryAddWithoutValidation("X-Forwarded-For", address.ToString());
        message.Headers.TryAddWithoutValidation("X-Forwarded-Host", HostName);
        message.Headers.TryAddWithoutValidation("Forwarded", $"for={address};by={address};host={HostName}");
    }

    /// <summary>The token between a caller and its sidecar is nobody else's business.</summary>
    private bool IsOwnToken(string header) =>
        _request.Sidecar.ApiToken is not null && header.Equals("dapr-api-token", StringComparison.OrdinalIgnoreCase);

    private string CalleeName()
    {
        var dot = _appId.LastIndexOf('.');
        return dot > 0 && _appId[(dot + 1)..] == (_request.Sidecar.Spec.Variable("NAMESPACE") ?? "default") ? _appId[..dot] : _appId;
    }

    /// <summary>The caller's body, passed on piece by piece as it comes.</summary>
    private sealed class StreamedBody(HttpRequest http, int limit) : HttpContent
    {
        protected override bool TryComputeLength(out long length)
        {
            length = http.ContentLength ?? 0;
            return http.ContentLength is not null;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, default);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            var reader = http.BodyReader;
            var total = 0L;
            while (true)
            {
                var read = await reader.ReadAsync(cancellationToken);
                total += read.Buffer.Length;
                if (total > limit) throw new BodyTooLargeException();
                foreach (var segment in read.Buffer) await stream.WriteAsync(segment, cancellationToken);
                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) return;
                await stream.FlushAsync(cancellationToken);
            }
        }
    }
}
