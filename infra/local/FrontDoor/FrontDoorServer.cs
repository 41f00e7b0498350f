using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Agents.Local.FrontDoor;

/// <summary>The one origin users talk to, on this machine only.</summary>
internal sealed class FrontDoorServer : IAsyncDisposable
{
    public const long MaxBodyBytes = 100L * 1024 * 1024;

    private readonly WebApplication _app;
    private readonly ReverseProxy _proxy;

    private FrontDoorServer(WebApplication app, ReverseProxy proxy, int port)
    {
        _app = app;
        _proxy = proxy;
        Address = new Uri($"http://localhost:{port}");
    }

    public Uri Address { get; }

    /// <param name="port">0 takes any free port.</param>
    /// <param name="replicasOf">The replicas of an app id at this moment.</param>
    /// <param name="isReady">Whether everything behind the door is ready.</param>
    /// <param name="cancellationToken">Ends the attempt to start.</param>
    /// <exception cref="LocalHostException">The port is taken.</exception>
    public static async Task<FrontDoorServer> StartAsync(
        int port, Func<string, IEnumerable<Upstream>> replicasOf, Func<bool> isReady, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, port));
        var app = builder.Build();
        var proxy = new ReverseProxy(new Upstreams(replicasOf));
        app.Run(context => (context.Request.Method, context.Request.Path.Value) switch
        {
            (_, "/health/ready") => WriteHealthAsync(context, isReady()),
            (_, "/health/live") => WriteHealthAsync(context, true),
            // They speak to a proxy, not to what is behind it.
            ("CONNECT" or "TRACE", _) => RefuseMethod(context),
            _ => proxy.ForwardAsync(context),
        });
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            proxy.Dispose();
            await app.DisposeAsync();
            throw new LocalHostException($"Port {port} is taken; choose another with --port.");
        }

        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new FrontDoorServer(app, proxy, new Uri(address).Port);
    }

    public async ValueTask DisposeAsync()
    {
        // Open streams would hold the door for as long as they like.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(patience.Token);
        await _app.DisposeAsync();
        _proxy.Dispose();
    }

    private static void Configure(KestrelServerOptions kestrel, int port)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        kestrel.Limits.MaxConcurrentConnections = 10_000;
        kestrel.ResponseHeaderEncodingSelector = _ => Encoding.UTF8;
        if (port == 0)
            kestrel.Listen(IPAddress.Loopback, 0);
        else
            kestrel.ListenLocalhost(port);
    }

    private static Task WriteHealthAsync(HttpContext context, bool healthy)
    {
        context.Response.StatusCode = healthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsync(healthy ? "ready\n" : "not ready\n", context.RequestAborted);
    }

    private static Task RefuseMethod(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        return Task.CompletedTask;
    }

    /// <summary>Signals belong to the program, not to its front door.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
