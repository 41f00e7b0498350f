using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.Features;

namespace Agents.Testing.Attacks;

/// <summary>A request as it reached the host.</summary>
/// <param name="Target">Path and query as they were sent.</param>
public sealed record ReachedCall(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>A host on loopback that remembers what reaches it.</summary>
public sealed class ToolHost : IAsyncDisposable
{
    private readonly ConcurrentQueue<ReachedCall> _calls = new();
    private WebApplication? _app;

    public Uri Address => new((_app ?? throw new InvalidOperationException("The host has not started.")).Urls.Single());

    public IReadOnlyList<ReachedCall> Calls => [.. _calls];

    public IReadOnlyList<string> Bodies => [.. _calls.Select(call => call.Body)];

    /// <summary>What it answers; by default that it was sent.</summary>
    public Func<HttpContext, ReachedCall, Task> Answer { get; set; } = (context, _) => context.Response.WriteAsync("Sent.", context.RequestAborted);

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var call = new ReachedCall(
                context.Request.Method, context.Features.Get<IHttpRequestFeature>()!.RawTarget,
                context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()), await reader.ReadToEndAsync(context.RequestAborted));
            _calls.Enqueue(call);
            await Answer(context, call);
        });
        await _app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }
}
