using System.Globalization;

namespace Agents.Benchmarks;

/// <summary>
/// Actor calls: one method that answers a few bytes, to a thousand actors and to a single one. With <c>DAPR_HTTP_ENDPOINT</c>
/// set, whose app must host the type <c>Bench</c> with such a method <c>hello</c>, that sidecar is measured instead.
/// </summary>
internal static class ActorBenchmark
{
    private static readonly int[] Concurrency = [1, 32];

    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        var endpoint = Environment.GetEnvironmentVariable("DAPR_HTTP_ENDPOINT");
        if (!string.IsNullOrEmpty(endpoint))
        {
            await MeasureAsync(new Uri(endpoint).Port, cancellationToken);
            return;
        }

        await using var app = await StartAppAsync(cancellationToken);
        await using var runtime = await BenchRuntime.StartAsync(new Uri(app.Urls.Single()).Port, cancellationToken);
        await MeasureAsync(runtime.Port, cancellationToken);
    }

    private static async Task MeasureAsync(int port, CancellationToken cancellationToken)
    {
        Console.WriteLine($"{"work",-22}{"c",4}{"calls/s",10}{"p50 ms",9}{"p99 ms",9}");
        foreach (var (work, actors) in new[] { ("many actors", 1_000), ("one actor", 1) })
        {
            foreach (var connections in Concurrency)
            {
                var load = await LoadGenerator.RunAsync(port, connections, (connection, n) => Call(((connection * 31) + n) % actors), cancellationToken);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{work,-22}{connections,4}{load.PerSecond,10:0}{load.P50Ms,9:0.00}{load.P99Ms,9:0.00}"));
            }
        }
    }

    private static byte[] Call(int actor) => LoadGenerator.Request("POST", $"/v1.0/actors/Bench/a{actor}/method/hello", "{}");

    private static async Task<WebApplication> StartAppAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/dapr/config", () => """{"entities":["Bench"]}""");
        app.MapPut("/actors/Bench/{id}/method/hello", () => "hello");
        app.MapDelete("/actors/Bench/{id}", () => Results.Ok());
        await app.StartAsync(cancellationToken);
        return app;
    }
}
