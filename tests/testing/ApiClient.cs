using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Agents.Testing;

/// <summary>A frame of a stream of server-sent events.</summary>
public sealed record Frame(string Event, string? Id, JsonNode Data);

/// <summary>Somebody with a key, at the front door.</summary>
public sealed class ApiClient(HttpClient http)
{
    /// <summary>For whatever the helpers below do not cover.</summary>
    public HttpClient Http => http;

    /// <summary>POST that must succeed.</summary>
    public async Task<JsonNode> CreateAsync(string path, object body, CancellationToken cancellationToken)
    {
        using var response = await http.PostAsJsonAsync(path, body, cancellationToken);
        return await OkAsync(response, cancellationToken);
    }

    /// <summary>GET that must succeed.</summary>
    public async Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync(path, cancellationToken);
        return await OkAsync(response, cancellationToken);
    }

    /// <summary>Any request, any answer.</summary>
    public async Task<(HttpStatusCode Status, JsonNode Body)> TryAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await http.SendAsync(request, cancellationToken);
        return (response.StatusCode, response.StatusCode == HttpStatusCode.NoContent ? new JsonObject() : await response.JsonAsync(cancellationToken));
    }

    /// <summary>POST answered by a stream, frame by frame as they arrive.</summary>
    public async IAsyncEnumerable<Frame> StreamAsync(string path, object body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        await foreach (var frame in FramesAsync(request, cancellationToken))
            yield return frame;
    }

    /// <summary>GET answered by a stream, from after the event with this id on.</summary>
    public async IAsyncEnumerable<Frame> EventsAsync(string path, string? lastEventId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        await foreach (var frame in FramesAsync(request, cancellationToken))
            yield return frame;
    }

    private async IAsyncEnumerable<Frame> FramesAsync(HttpRequestMessage request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
            throw new InvalidOperationException($"Not a stream: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
            yield return new Frame(item.EventType, item.EventId, JsonNode.Parse(item.Data)!);
    }

    /// <summary>Adds a text document and waits until search finds it.</summary>
    public async Task<string> AddReadyDocumentAsync(string collection, string title, string text, CancellationToken cancellationToken)
    {
        var path = $"/v1/collections/{collection}/documents";
        var id = (await CreateAsync(path, new { title, text }, cancellationToken)).Text("id");
        await Eventually.TrueAsync(
            async () => (await GetAsync($"{path}/{id}", cancellationToken)).Text("status") == "ready", $"document {id} is ready", cancellationToken);
        return id;
    }

    private static async Task<JsonNode> OkAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
        return await response.JsonAsync(cancellationToken);
    }
}
