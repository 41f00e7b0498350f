using System.Net;
using System.Security.Authentication;
using System.Text.Json;
using Dapr.Client;

namespace Dapr.Actors;

/// <summary>The actor API of the sidecar over HTTP.</summary>
internal sealed class ActorSidecar
{
    private const int MaxTextLength = 1024;

    private readonly HttpClient _http;
    private readonly Uri _endpoint;

    public ActorSidecar(string endpoint, string? token, TimeSpan? timeout, HttpMessageHandler? handler = null)
    {
        _endpoint = new Uri(endpoint, UriKind.Absolute);
        _http = SidecarConnection.CreateHttpClient(string.IsNullOrWhiteSpace(token) ? null : token, handler);
        if (timeout is { } limit) _http.Timeout = limit;
    }

    public async Task<byte[]> InvokeAsync(string type, string id, string method, byte[]? body, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Put, SidecarUrl.Path("v1.0", "actors", type, id, "method", method), body, cancellationToken);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    /// <summary>Reads a value of an actor; the answer is 204 when there is none.</summary>
    public Task<HttpResponseMessage> GetStateAsync(string type, string id, string key, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, SidecarUrl.Path("v1.0", "actors", type, id, "state", key), null, cancellationToken);

    /// <summary>Applies all operations or none.</summary>
    public async Task SaveStateAsync(string type, string id, ReadOnlyMemory<byte> operations, CancellationToken cancellationToken)
    {
        using var _ = await SendAsync(HttpMethod.Put, SidecarUrl.Path("v1.0", "actors", type, id, "state"), operations, cancellationToken);
    }

    public async Task RegisterAsync(string kind, string type, string id, string name, ReadOnlyMemory<byte> body)
    {
        using var _ = await SendAsync(HttpMethod.Put, SidecarUrl.Path("v1.0", "actors", type, id, kind, name), body, CancellationToken.None);
    }

    public async Task UnregisterAsync(string kind, string type, string id, string name)
    {
        using var _ = await SendAsync(HttpMethod.Delete, SidecarUrl.Path("v1.0", "actors", type, id, kind, name), null, CancellationToken.None);
    }

    public async Task<JsonElement> GetReminderAsync(string type, string id, string name)
    {
        using var response = await SendAsync(HttpMethod.Get, SidecarUrl.Path("v1.0", "actors", type, id, "reminders", name), null, CancellationToken.None);
        return JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsByteArrayAsync());
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, ReadOnlyMemory<byte>? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(_endpoint, path));
        if (body is { } bytes)
        {
            request.Content = new ReadOnlyMemoryContent(bytes);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json; charset=utf-8");
        }

        if (Reentrancy.Current is { } chain) request.Headers.TryAddWithoutValidation(Reentrancy.Header, chain);
        var response = await _http.SendAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw await RefusalAsync(response, cancellationToken);
    }

    private static async Task<Exception> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            && response.Content.Headers.ContentType?.MediaType is not "application/json")
            return new AuthenticationException("Invalid client credentials");

        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            if (JsonSerializer.Deserialize<Answer>(body, JsonSerializerOptions.Web) is { ErrorCode: { } code } answer)
                return new DaprApiException(answer.Message ?? code, code, isTransient: false);
        }
        catch (JsonException)
        {
            // What is no error of the sidecar's own form is told as it stands.
        }

        var text = body.Length <= MaxTextLength ? body : body[..MaxTextLength];
        return new DaprApiException($"The sidecar answered {(int)response.StatusCode}: {text}", null!, isTransient: false);
    }

    private sealed record Answer(string? ErrorCode, string? Message);
}
