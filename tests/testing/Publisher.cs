using System.Text.Json.Nodes;

namespace Agents.Testing;

/// <summary>Somebody outside who publishes on the product's broker.</summary>
public sealed class Publisher(Stack stack) : IDisposable
{
    private const int AtOnce = 100;

    private readonly HttpClient _http = new();

    /// <summary>A CloudEvent of a type.</summary>
    public static JsonObject Event(string type, JsonNode? data, string? id = null) => new()
    {
        ["specversion"] = "1.0",
        ["id"] = id ?? Guid.CreateVersion7().ToString(),
        ["source"] = "tests",
        ["type"] = type,
        ["data"] = data,
    };

    /// <summary>Publishes CloudEvents as they are, in this order.</summary>
    /// <param name="events">JSON texts of objects.</param>
    public async Task PublishAsync(string topic, IEnumerable<string> events, CancellationToken cancellationToken)
    {
        var port = stack.Host.Services.First(child => child.AppId == "analytics").DaprHttpPort;
        foreach (var some in events.Chunk(AtOnce))
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{port}/v1.0-alpha1/publish/bulk/pubsub/{topic}")
            {
                Content = new StringContent(
                    $"[{string.Join(',', some.Select((one, n) => $"{{\"entryId\":\"{n}\",\"contentType\":\"application/cloudevents+json\",\"event\":{one}}}"))}]",
                    new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")),
            };
            request.Headers.Add("dapr-api-token", stack.Host.DaprApiToken);
            using var response = await _http.SendAsync(request, cancellationToken);
            if (!response.IsSuccessStatusCode)
                throw new InvalidOperationException($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
        }
    }

    public void Dispose() => _http.Dispose();
}
