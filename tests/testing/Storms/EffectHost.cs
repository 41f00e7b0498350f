using System.Collections.Concurrent;

namespace Agents.Testing.Storms;

/// <summary>
/// Where effects are seen: a tool that takes effect once per idempotency key, as such services do, and a receiver of webhooks that refuses
/// some of them.
/// </summary>
public sealed class EffectHost : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, int>> _effects = new();
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, int>> _webhooks = new();
    private readonly ConcurrentDictionary<string, bool> _refused = new();
    private WebApplication? _app;
    private int _received;

    /// <summary><c>host:port</c>.</summary>
    public string Authority => new Uri(_app!.Urls.Single()).Authority;

    /// <summary>Each so manieth webhook is refused with 500; 0 for none.</summary>
    public int RefuseEvery { get; init; }

    /// <summary>Calls by tool-call id, of a job by its own number.</summary>
    public IReadOnlyDictionary<string, int> EffectsOf(string number) => _effects.GetValueOrDefault(number) ?? new();

    /// <summary>Deliveries by webhook id, of a job by its own number.</summary>
    public IReadOnlyDictionary<string, int> WebhooksOf(string number) => _webhooks.GetValueOrDefault(number) ?? new();

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/effects/{number}", (string number, HttpRequest request) =>
        {
            _effects.GetOrAdd(number, _ => new()).AddOrUpdate(request.Headers["Idempotency-Key"].ToString(), 1, (_, calls) => calls + 1);
            return "noted";
        });
        _app.MapPost("/webhooks/{number}", (string number, HttpRequest request) =>
        {
            // Once each: a third attempt comes after minutes.
            if (RefuseEvery > 0 && Interlocked.Increment(ref _received) % RefuseEvery == 0 && _refused.TryAdd(number, true))
                return Results.StatusCode(500);
            _webhooks.GetOrAdd(number, _ => new()).AddOrUpdate(request.Headers["webhook-id"].ToString(), 1, (_, times) => times + 1);
            return Results.NoContent();
        });
        await _app.StartAsync();
    }

    public ValueTask DisposeAsync() => _app?.DisposeAsync() ?? ValueTask.CompletedTask;
}
