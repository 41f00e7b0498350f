using System.Collections.Concurrent;

namespace Agents.Testing.Attacks;

/// <summary>A host on loopback that remembers what reaches it.</summary>
public sealed class ToolHost : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _bodies = new();
    private WebApplication? _app;

    public Uri Address => new((_app ?? throw new InvalidOperationException("The host has not started.")).Urls.Single());

    public IReadOnlyList<string> Bodies => [.. _bodies];

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            _bodies.Enqueue(await reader.ReadToEndAsync(context.RequestAborted));
            await context.Response.WriteAsync("Sent.", context.RequestAborted);
        });
        await _app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }
}
