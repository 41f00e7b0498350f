using System.Diagnostics;
using System.Globalization;
using Agents.Testing;

namespace Agents.Benchmarks;

/// <summary>
/// The local runtime's state and invocation over HTTP. The figures of daprd 1.18.3 were measured on a machine of the same kind (2 cores);
/// with <c>DAPR_HTTP_ENDPOINT</c> set (and the same component names there) that sidecar is measured in the same run instead.
/// </summary>
internal static class RuntimeBenchmark
{
    private static readonly int[] Concurrency = [1, 32];

    // Requests per second of daprd at concurrency 1 and 32.
    private static readonly Dictionary<string, double[]> Daprd = new()
    {
        ["state.sqlite save"] = [2_700, 2_650],
        ["state.sqlite get"] = [5_900, 11_400],
        ["state.in-memory save"] = [8_500, 19_500],
        ["state.in-memory get"] = [10_600, 27_500],
        ["invocation"] = [950, 2_900],
    };

    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("agents-bench-");
        await using var callee = await StartCalleeAsync(cancellationToken);
        var calleePort = new Uri(callee.Urls.Single()).Port;
        int[] ports = [Ports.Next(), Ports.Next()];
        using var runtime = StartRuntime(folder.FullName, calleePort, ports);
        try
        {
            await RuntimeProgram.ReadyAsync(ports[0], cancellationToken);
            Console.WriteLine($"{"work",-22}{"c",4}{"req/s",10}{"p50 ms",9}{"p99 ms",9}{"daprd",9}{"ratio",8}");
            foreach (var (work, request) in Works())
            {
                for (var i = 0; i < Concurrency.Length; i++)
                {
                    var load = await LoadGenerator.RunAsync(ports[0], Concurrency[i], request, cancellationToken);
                    var daprd = await DaprdAsync(work, i, request, cancellationToken);
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{work,-22}{Concurrency[i],4}{load.PerSecond,10:0}{load.P50Ms,9:0.00}{load.P99Ms,9:0.00}{daprd,9:0}{load.PerSecond / daprd,8:0.00}"));
                }
            }
        }
        finally
        {
            runtime.Kill();
            await runtime.WaitForExitAsync(CancellationToken.None);
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<(string Work, Func<int, int, byte[]> Request)> Works()
    {
        foreach (var (type, store) in new[] { ("state.sqlite", "sqlite"), ("state.in-memory", "memory") })
        {
            yield return ($"{type} save", (connection, n) => Save(store, connection, n));
            yield return ($"{type} get", (connection, n) => LoadGenerator.Request("GET", $"/v1.0/state/{store}/{Key(connection, n)}", null));
        }
        yield return ("invocation", (_, _) => LoadGenerator.Request("GET", "/v1.0/invoke/callee/method/hello", null));
    }

    // A thousand keys in all, so that the gets find what the saves wrote.
    private static string Key(int connection, int n) => string.Create(CultureInfo.InvariantCulture, $"key-{((connection * 31) + n) % 1_000}");

    private static byte[] Save(string store, int connection, int n) => LoadGenerator.Request(
        "POST", $"/v1.0/state/{store}", $$$"""[{"key":"{{{Key(connection, n)}}}","value":{"name":"a value of ordinary size","count":{{{n}}},"tags":["one","two"]}}]""");

    private static async Task<double> DaprdAsync(string work, int index, Func<int, int, byte[]> request, CancellationToken cancellationToken) =>
        Environment.GetEnvironmentVariable("DAPR_HTTP_ENDPOINT") is { Length: > 0 } endpoint
            ? (await LoadGenerator.RunAsync(new Uri(endpoint).Port, Concurrency[index], request, cancellationToken)).PerSecond
            : Daprd[work][index];

    private static async Task<WebApplication> StartCalleeAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/hello", () => "hello");
        await app.StartAsync(cancellationToken);
        return app;
    }

    private static Process StartRuntime(string folder, int calleePort, int[] ports)
    {
        var components = Directory.CreateDirectory(Path.Combine(folder, "components")).FullName;
        Write("sqlite", "state.sqlite", "connectionString", "bench.db");
        Write("memory", "state.in-memory", null, null);
        File.WriteAllText(Path.Combine(folder, "run.yaml"), $"""
            version: 1
            common:
              resourcesPath: {components}
            apps:
            - appID: caller
              appDirPath: {folder}
              daprHTTPPort: {ports[0]}
            - appID: callee
              appDirPath: {folder}
              appPort: {calleePort}
              daprHTTPPort: {ports[1]}
            """);
        return RuntimeProgram.Start(folder);

        void Write(string name, string type, string? key, string? value) => File.WriteAllText(Path.Combine(components, $"{name}.yaml"), $"""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: {name}
            spec:
              type: {type}
              version: v1
              metadata:
            """ + (key is null ? " []\n" : $"\n  - name: {key}\n    value: {value}\n"));
    }
}
