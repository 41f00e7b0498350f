using System.Diagnostics;
using System.Globalization;
using Agents.Testing;

namespace Agents.Benchmarks;

/// <summary>The local runtime as a process, beside one app, with an actor state store in a file.</summary>
internal sealed class BenchRuntime : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agents-bench-");
    private readonly Process _process;

    private BenchRuntime(int appPort)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "store.yaml"), """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: store }
            spec:
              type: state.sqlite
              version: v1
              metadata:
              - { name: connectionString, value: bench.db }
              - { name: actorStateStore, value: "true" }
            """);
        var build = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Agents.LocalRuntime", build, "Agents.LocalRuntime"));
        string[] arguments =
        [
            "--app-id", "bench", "--app-port", Text(appPort), "--dapr-http-port", Text(Port),
            "--resources-path", _folder.FullName, "--log-level", "error", "--parent-pid", Text(Environment.ProcessId),
        ];
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder.FullName, RedirectStandardOutput = true };
        start.Environment.Remove("DAPR_API_TOKEN");
        _process = Process.Start(start) ?? throw new InvalidOperationException("The runtime did not start.");
        _process.OutputDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
    }

    /// <summary>The sidecar's HTTP port.</summary>
    public int Port { get; } = Ports.Next();

    /// <summary>Starts it and returns when it has met its app.</summary>
    public static async Task<BenchRuntime> StartAsync(int appPort, CancellationToken cancellationToken)
    {
        var runtime = new BenchRuntime(appPort);
        using var http = new HttpClient();
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                if ((await http.GetAsync($"http://127.0.0.1:{runtime.Port}/v1.0/healthz", cancellationToken)).IsSuccessStatusCode) return runtime;
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20))
            {
                // Not listening yet.
            }

            await Task.Delay(50, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
