using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Agents.Local;

namespace Agents.Testing.Storms;

/// <summary>An app beside the product that hears what is said on <c>agents-out</c>.</summary>
public sealed class EventEar : IAsyncDisposable
{
    private readonly ConcurrentQueue<JsonNode> _heard = new();
    private readonly WebApplication _app;

    private EventEar(GuestApp guest)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{guest.AppPort}");
        _app = builder.Build();
        _app.MapGet("/dapr/subscribe", () => new[] { new { pubsubname = "pubsub", topic = "agents-out", route = "/heard" } });
        _app.MapPost("/heard", async (HttpRequest request) =>
        {
            if (await JsonNode.ParseAsync(request.Body) is { } heard)
                _heard.Enqueue(heard);
        });
    }

    /// <summary>CloudEvents as they came.</summary>
    public IReadOnlyCollection<JsonNode> Heard => _heard;

    public static async Task<EventEar> StartAsync(GuestApp guest)
    {
        var ear = new EventEar(guest);
        await ear._app.StartAsync();
        return ear;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
