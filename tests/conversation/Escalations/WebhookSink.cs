using System.Collections.Concurrent;

namespace Agents.Conversation.Tests.Escalations;

/// <summary>A webhook as it arrived.</summary>
internal sealed record Received(string Path, string Id, string Timestamp, string Signature, string Body);

/// <summary>Receives webhooks over real HTTP. To <c>/{key}/{n}</c> it refuses the first n.</summary>
internal sealed class WebhookSink : IAsyncDisposable
{
    private readonly ConcurrentQueue<Received> _received = new();
    private WebApplication? _app;

    public string Authority => new Uri(_app!.Urls.Single()).Authority;

    public IReadOnlyList<Received> At(string path) => [.. _received.Where(received => received.Path == path)];

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/{key}/{refused:int}", async (int refused, HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            _received.Enqueue(new Received(
                request.Path.Value!, request.Headers["webhook-id"].ToString(), request.Headers["webhook-timestamp"].ToString(), request.Headers["webhook-signature"].ToString(),
                await reader.ReadToEndAsync()));
            return At(request.Path.Value!).Count > refused ? Results.NoContent() : Results.StatusCode(500);
        });
        await _app.StartAsync();
    }

    public ValueTask DisposeAsync() => _app?.DisposeAsync() ?? ValueTask.CompletedTask;
}
