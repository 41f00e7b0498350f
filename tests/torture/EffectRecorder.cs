using System.Collections.Concurrent;

namespace Agents.Torture;

/// <summary>Sees every effect, over HTTP, and counts how often each was put.</summary>
internal sealed class EffectRecorder : IAsyncDisposable
{
    private readonly WebApplication _server;

    private EffectRecorder(WebApplication server) => _server = server;

    public ConcurrentDictionary<string, int> Effects { get; } = new();

    public string Address => _server.Urls.Single();

    public static async Task<EffectRecorder> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var recorder = new EffectRecorder(builder.Build());
        recorder._server.MapPut("/effects/{key}", (string key) => recorder.Effects.AddOrUpdate(Uri.UnescapeDataString(key), 1, (_, times) => times + 1));
        await recorder._server.StartAsync(cancellationToken);
        return recorder;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
