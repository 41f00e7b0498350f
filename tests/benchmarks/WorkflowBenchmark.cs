using System.Diagnostics;
using System.Globalization;
using Agents.Testing;
using Dapr.Workflow;

namespace Agents.Benchmarks;

/// <summary>
/// Steps per second of workflows that run 20 activities one after the other, with histories in state.sqlite. Worker and client are this
/// process; with <c>DAPR_GRPC_ENDPOINT</c> set they use that sidecar instead.
/// </summary>
internal static class WorkflowBenchmark
{
    private const int Steps = 20;

    private static readonly int[] Concurrency = [1, 32];
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(8);

    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable("DAPR_GRPC_ENDPOINT") is { Length: > 0 } endpoint)
        {
            await MeasureAsync(endpoint, cancellationToken);
            return;
        }
        var folder = Directory.CreateTempSubdirectory("agents-bench-");
        int[] ports = [Ports.Next(), Ports.Next()];
        Write(folder.FullName, ports);
        using var runtime = RuntimeProgram.Start(folder.FullName);
        try
        {
            await RuntimeProgram.ReadyAsync(ports[0], cancellationToken);
            await MeasureAsync($"http://127.0.0.1:{ports[1]}", cancellationToken);
        }
        finally
        {
            runtime.Kill();
            await runtime.WaitForExitAsync(CancellationToken.None);
            folder.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(string endpoint, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("DAPR_GRPC_ENDPOINT", endpoint)]);
        builder.Services.AddDaprWorkflow(options =>
        {
            options.RegisterActivity<int, int>("next", (_, n) => Task.FromResult(n + 1));
            options.RegisterWorkflow<int, int>("sequence", async (context, steps) =>
            {
                var n = 0;
                while (n < steps)
                    n = await context.CallActivityAsync<int>("next", n);
                return n;
            });
        });
        using var host = builder.Build();
        await host.StartAsync(cancellationToken);
        var client = host.Services.GetRequiredService<DaprWorkflowClient>();
        Console.WriteLine($"{"work",-22}{"c",4}{"steps/s",10}{"workflows/s",13}{"p50 ms",9}{"p99 ms",9}");
        foreach (var instances in Concurrency)
        {
            await PhaseAsync(client, instances, Warmup, cancellationToken);
            var started = Stopwatch.GetTimestamp();
            var latencies = await PhaseAsync(client, instances, Measured, cancellationToken);
            var perSecond = latencies.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
            latencies.Sort();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{"20 activities",-22}{instances,4}{perSecond * Steps,10:0}{perSecond,13:0.0}{latencies[latencies.Count / 2],9:0.0}{latencies[(int)(latencies.Count * 0.99)],9:0.0}"));
        }
        await host.StopAsync(cancellationToken);
    }

    private static async Task<List<double>> PhaseAsync(DaprWorkflowClient client, int instances, TimeSpan duration, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var loops = Enumerable.Range(0, instances).Select(_ => Task.Run(
            async () =>
            {
                var latencies = new List<double>();
                while (Stopwatch.GetElapsedTime(began) < duration)
                {
                    var started = Stopwatch.GetTimestamp();
                    var id = await client.ScheduleNewWorkflowAsync("sequence", null, Steps);
                    var state = await client.WaitForWorkflowCompletionAsync(id, cancellation: cancellationToken);
                    if (state.RuntimeStatus != WorkflowRuntimeStatus.Completed)
                        throw new InvalidOperationException($"Workflow {id} ended as {state.RuntimeStatus}.");
                    latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }
                return latencies;
            },
            cancellationToken));
        return [.. (await Task.WhenAll(loops)).SelectMany(latencies => latencies)];
    }

    private static void Write(string folder, int[] ports)
    {
        var components = Directory.CreateDirectory(Path.Combine(folder, "components")).FullName;
        File.WriteAllText(Path.Combine(components, "store.yaml"), """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: store
            spec:
              type: state.sqlite
              version: v1
              metadata:
              - name: connectionString
                value: bench.db
              - name: actorStateStore
                value: "true"
            """);
        File.WriteAllText(Path.Combine(folder, "run.yaml"), $"""
            version: 1
            common:
              resourcesPath: {components}
            apps:
            - appID: bench
              appDirPath: {folder}
              daprHTTPPort: {ports[0]}
              daprGRPCPort: {ports[1]}
            """);
    }
}
