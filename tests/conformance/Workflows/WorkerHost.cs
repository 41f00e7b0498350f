using Dapr.Workflow;

namespace Agents.Conformance.Workflows;

/// <summary>An app that runs workflows and steers them, within the test's process.</summary>
internal sealed class WorkerHost : IAsyncDisposable
{
    private readonly IHost _host;

    private WorkerHost(IHost host) => _host = host;

    public DaprWorkflowClient Client => _host.Services.GetRequiredService<DaprWorkflowClient>();

    public static async Task<WorkerHost> StartAsync(int grpcPort, Action<WorkflowRuntimeOptions> configure, CancellationToken cancel)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("DAPR_GRPC_ENDPOINT", $"http://127.0.0.1:{grpcPort}")]);
        builder.Services.AddDaprWorkflow(configure);
        var host = builder.Build();
        await host.StartAsync(cancel);
        return new(host);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _host.StopAsync(now.Token);
        _host.Dispose();
    }
}
