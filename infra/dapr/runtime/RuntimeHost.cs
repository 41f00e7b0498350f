using System.Buffers;
using System.Net;
using Agents.LocalRuntime.Apps;
using Agents.LocalRuntime.Cli;
using Agents.LocalRuntime.Grpc;
using Agents.LocalRuntime.Http;
using Agents.LocalRuntime.Invocation;
using Agents.LocalRuntime.Workflows;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Agents.LocalRuntime;

/// <summary>Serves the sidecars of one process until it is told to stop.</summary>
internal sealed partial class RuntimeHost(
    RuntimeOptions options, Backends backends, IReadOnlyList<Sidecar> sidecars, HotReload reload, ILoggerFactory logs)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly ILogger<RuntimeHost> _log = logs.CreateLogger<RuntimeHost>();

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync()
    {
        await using var app = Build();
        var invocation = new InvocationEndpoint(new Callees(sidecars));
        var lifetime = app.Lifetime;
        var dispatcher = new Dispatcher(
            sidecars.ToDictionary(sidecar => sidecar.Spec.HttpPort), invocation, options.FaultInjection ? backends.Gates : null,
            sidecar => Shutdown(sidecar, lifetime), backends.Time, logs.CreateLogger<Dispatcher>());
        var grpc = new GrpcServer(
            sidecars.ToDictionary(sidecar => sidecar.Spec.GrpcPort), (TaskHubService.Name, TaskHubService.Methods), backends.Time, logs.CreateLogger<GrpcServer>());
        app.Run(http => grpc.Owns(http) ? grpc.HandleAsync(http) : dispatcher.HandleAsync(http));
        try
        {
            await app.StartAsync();
        }
        catch (IOException error)
        {
            await Console.Error.WriteLineAsync($"command line: a port cannot be opened: {error.Message}");
            return 1;
        }

        foreach (var sidecar in sidecars)
        {
            sidecar.Start();
            LogServing(_log, sidecar.Spec.AppId, sidecar.Spec.HttpPort, sidecar.Spec.AppPort);
        }

        Console.WriteLine("ready");
        if (options.ParentProcess is { } parent) _ = StopWithParentAsync(parent, lifetime);
        var reloading = reload.RunAsync(lifetime.ApplicationStopping);
        await Stopping(lifetime);
        await reloading;
        await Task.WhenAll(sidecars.Select(sidecar => sidecar.StopAsync()));
        await app.StopAsync();
        foreach (var sidecar in sidecars) await sidecar.DisposeAsync();
        return 0;
    }

    private static Task Stopping(IHostApplicationLifetime lifetime)
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lifetime.ApplicationStopping.Register(stopping.SetResult);
        return stopping.Task;
    }

    private WebApplication Build()
    {
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = "Agents.LocalRuntime" });
        builder.Services.AddSingleton(logs);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Grace);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // Each API has its own answer to a body that is too large, so the endpoints count for themselves.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            // One client may wait for many workflows over one connection, and a worker that stands still is known by its silence.
            kestrel.Limits.Http2.MaxStreamsPerConnection = 10_000;
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(15);
            kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
            foreach (var sidecar in sidecars)
            {
                kestrel.Listen(IPAddress.Loopback, sidecar.Spec.HttpPort, listen => listen.Protocols = HttpProtocols.Http1);
                kestrel.Listen(IPAddress.Loopback, sidecar.Spec.GrpcPort, listen => listen.Protocols = HttpProtocols.Http2);
            }
        });

        // Kestrel registers its own first; the last one counts.
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, SharedMemory>();
        return builder.Build();
    }

    /// <summary>The shutdown API ends one sidecar; the last one takes the process with it.</summary>
    private void Shutdown(Sidecar sidecar, IHostApplicationLifetime lifetime)
    {
        if (sidecars.Where(other => other != sidecar).All(other => other.IsClosed)) lifetime.StopApplication();
        else _ = sidecar.CloseAsync();
    }

    private async Task StopWithParentAsync(int parent, IHostApplicationLifetime lifetime)
    {
        await ParentWatch.WaitForExitAsync(parent, backends.Time, lifetime.ApplicationStopping);
        LogOrphaned(_log, parent);
        lifetime.StopApplication();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "App {AppId}: sidecar on port {HttpPort}, app on port {AppPort}")]
    private static partial void LogServing(ILogger logger, string appId, int httpPort, int? appPort);

    [LoggerMessage(Level = LogLevel.Information, Message = "Process {Parent} is gone, stopping")]
    private static partial void LogOrphaned(ILogger logger, int parent);

    /// <summary>
    /// All ports take their buffers from the pool of the process. Kestrel's own pools, one for each port and processor, each keep what their
    /// greatest burst took: together several times what is ever in use at once.
    /// </summary>
    private sealed class SharedMemory : IMemoryPoolFactory<byte>
    {
        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => MemoryPool<byte>.Shared;
    }
}
