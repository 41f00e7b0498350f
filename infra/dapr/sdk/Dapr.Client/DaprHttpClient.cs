using System.Net.Sockets;
using System.Text.Json;

namespace Dapr.Client;

/// <summary>The client over the sidecar's HTTP API; this file holds what all building blocks share.</summary>
internal sealed partial class DaprHttpClient : DaprClient
{
    private const string JsonContentType = "application/json";
    private const string CloudEventContentType = "application/cloudevents+json";

    private readonly HttpClient _http;
    private readonly Uri _endpoint;
    private readonly string? _token;

    public DaprHttpClient(HttpClient http, Uri endpoint, JsonSerializerOptions json, string? token)
    {
        (_http, _endpoint, _token) = (http, endpoint, token);
        JsonSerializerOptions = json;
        _http.DefaultRequestHeaders.UserAgent.Add(UserAgent());
    }

    public override JsonSerializerOptions JsonSerializerOptions { get; }

    protected override void Dispose(bool disposing)
    {
        _http.Dispose();
        base.Dispose(disposing);
    }

    private HttpRequestMessage Request(HttpMethod method, string path, HttpContent? content = null) =>
        new(method, new Uri(_endpoint, path)) { Content = content };

    /// <summary>A body of known length, because a sidecar never repeats a body it cannot measure.</summary>
    private static ReadOnlyMemoryContent Body(ReadOnlyMemory<byte> bytes, string contentType = JsonContentType)
    {
        var content = new ReadOnlyMemoryContent(bytes);
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return content;
    }

    /// <summary>Sends the request and returns the answer whatever its status is.</summary>
    private async Task<HttpResponseMessage> SendAsync(string operation, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using (request) return await _http.SendAsync(request, cancellationToken);
        }
        catch (Exception error) when (error is HttpRequestException or SocketException || IsTimeout(error, cancellationToken))
        {
            // A connection that the other side resets at once surfaces as the bare socket's error.
            throw SidecarError.Failed(operation, error);
        }
    }

    /// <summary>Sends the request and throws unless the sidecar did what was asked.</summary>
    private async Task<HttpResponseMessage> CallAsync(string operation, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await SendAsync(operation, request, cancellationToken);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw await SidecarError.FailedAsync(operation, response, cancellationToken);
    }

    /// <summary>Sends the request and reads an answer of the sidecar itself; null when it has no body.</summary>
    private async Task<T?> CallForAsync<T>(string operation, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await CallAsync(operation, request, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        try
        {
            return body.Length == 0 ? default : JsonSerializer.Deserialize<T>(body, JsonSerializerOptions.Web);
        }
        catch (JsonException error)
        {
            throw SidecarError.Failed(operation, error);
        }
    }

    private static bool IsTimeout(Exception error, CancellationToken cancellationToken) =>
        error is OperationCanceledException && !cancellationToken.IsCancellationRequested;
}
