using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Agents.Testing;

/// <summary>Somebody outside who publishes on the product's broker.</summary>
public sealed class Publisher(Stack stack) : IDisposable
{
    private const int AtOnce = 100;
    private const string Inbox = "agents-in";
    private const string CloudEvents = "application/cloudevents+json";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

    /// <summary>A CloudEvent of a type.</summary>
    public static JsonObject Event(string type, JsonNode? data, string? id = null) => new()
    {
        ["specversion"] = "1.0",
        ["id"] = id ?? Guid.CreateVersion7().ToString(),
        ["source"] = "tests",
        ["type"] = type,
        ["data"] = data,
    };

    /// <summary>Says something on <c>agents-in</c>, as an app beside the product does.</summary>
    public Task SayAsync(string type, string id, JsonNode? data, CancellationToken cancellationToken) =>
        PublishAsync(Inbox, JsonContent.Create(Event(type, data, id), new MediaTypeHeaderValue(CloudEvents)), cancellationToken);

    /// <summary>Says several things on <c>agents-in</c>, as they are and in this order.</summary>
    /// <param name="events">JSON texts of objects.</param>
    public async Task SayAsync(IEnumerable<string> events, CancellationToken cancellationToken)
    {
        foreach (var some in events.Chunk(AtOnce))
        {
            var entries = some.Select((one, n) => $"{{\"entryId\":\"{n}\",\"contentType\":\"{CloudEvents}\",\"event\":{one}}}");
            await SendAsync($"/v1.0-alpha1/publish/bulk/pubsub/{Inbox}", new StringContent($"[{string.Join(',', entries)}]", Encoding.UTF8, "application/json"), cancellationToken);
        }
    }

    /// <summary>Publishes whatever it is.</summary>
    public Task PublishAsync(string topic, HttpContent content, CancellationToken cancellationToken) =>
        SendAsync($"/v1.0/publish/pubsub/{topic}", content, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task SendAsync(string path, HttpContent content, CancellationToken cancellationToken)
    {
        var port = stack.Host.Services.First(child => child.AppId == "analytics").DaprHttpPort;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{port}{path}") { Content = content };
        request.Headers.Add("dapr-api-token", stack.Host.DaprApiToken);
        using var response = await _http.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw new HttpRequestException($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
    }
}
