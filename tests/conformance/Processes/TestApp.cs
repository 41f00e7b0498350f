using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace Agents.Conformance.Processes;

/// <summary>A request that an app got.</summary>
internal sealed record AppCall(string App, string Method, string PathAndQuery, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Path => PathAndQuery.Split('?')[0];

    public string Text => System.Text.Encoding.UTF8.GetString(Body);
}

/// <summary>An app with an HTTP port that records its calls and answers as its test says.</summary>
internal sealed class TestApp(string name, int port, Func<AppCall, HttpContext, Task> answer) : IAsyncDisposable
{
    private WebApplication? _server;

    public int Port => port;

    /// <summary>Runs before a request is looked at; a task that does not end is an app that does not answer.</summary>
    public Func<Task> Before { get; set; } = static () => Task.CompletedTask;

    public ConcurrentQueue<AppCall> Calls { get; } = new();

    public IEnumerable<AppCall> CallsTo(string path) => Calls.Where(call => call.Path == path);

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        _server = builder.Build();
        _server.Run(HandleAsync);
        await _server.StartAsync();
    }

    /// <summary>Ends it and breaks its connections.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _server, null) is not { } server) return;
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await server.StopAsync(now.Token);
        await server.DisposeAsync();
    }

    /// <summary>Closes its door and ends when the requests under way have.</summary>
    public async Task DrainAsync(CancellationToken cancel)
    {
        await _server!.StopAsync(cancel);
        await StopAsync();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task HandleAsync(HttpContext http)
    {
        await Before();
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        var headers = http.Request.Headers.ToDictionary(header => header.Key, header => string.Join(", ", header.Value.ToArray()), StringComparer.OrdinalIgnoreCase);
        var call = new AppCall(name, http.Request.Method, target, headers, body.ToArray());
        Calls.Enqueue(call);
        await answer(call, http);
    }
}
