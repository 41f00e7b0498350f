using System.Diagnostics;
using System.Globalization;
using Agents.Testing;

namespace Agents.Torture.Actors;

/// <summary>Real processes: one runtime, some replicas of the counting app, and a sidecar for clients.</summary>
internal sealed class CounterFleet : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("actors-").FullName;
    private readonly int[] _appPorts;
    private readonly int[] _sidecarPorts;
    private readonly Process?[] _apps;
    private readonly string _configuration;
    private readonly HttpClient _http = new();
    private Process? _runtime;

    /// <param name="replicas">How many replicas the app has.</param>
    /// <param name="configuration">Debug or release: which builds are started.</param>
    public CounterFleet(int replicas, string configuration)
    {
        _configuration = configuration;
        _appPorts = [.. Enumerable.Range(0, replicas).Select(_ => Ports.Next())];
        _sidecarPorts = [.. Enumerable.Range(0, replicas + 1).Select(_ => Ports.Next())];
        _apps = new Process?[replicas];
        WriteFiles();
    }

    public int Replicas => _apps.Length;

    /// <summary>The sidecars, that of the clients last.</summary>
    public IReadOnlyList<Uri> Sidecars => [.. _sidecarPorts.Select(port => new Uri($"http://127.0.0.1:{port}"))];

    public IReadOnlyList<string> Notes => File.Exists(Notebook) ? File.ReadAllLines(Notebook) : [];

    private string Notebook => Path.Combine(_folder, "notebook.txt");

    public void StartRuntime()
    {
        _runtime?.Dispose();
        _runtime = Start("Agents.LocalRuntime", ["--run-file", Path.Combine(_folder, "run.yaml"), "--parent-pid", Text(Environment.ProcessId), "--log-level", "error"], _ => { });
    }

    public void StartApp(int replica)
    {
        _apps[replica]?.Dispose();
        _apps[replica] = Start("Agents.Torture.Counter", [], environment =>
        {
            environment["APP_PORT"] = Text(_appPorts[replica]);
            environment["DAPR_HTTP_PORT"] = Text(_sidecarPorts[replica]);
            environment["NOTEBOOK"] = Notebook;
        });
    }

    /// <summary>Waits until the app serves again.</summary>
    public Task AppServesAsync(int replica, CancellationToken cancellationToken) =>
        ServesAsync(new Uri($"http://127.0.0.1:{_appPorts[replica]}/healthz"), cancellationToken);

    /// <summary>Waits until the runtime serves again.</summary>
    public Task RuntimeServesAsync(CancellationToken cancellationToken) => ServesAsync(new Uri(Sidecars[^1], "/v1.0/healthz"), cancellationToken);

    public Task KillRuntimeAsync() => KillAsync(_runtime!);

    public Task KillAppAsync(int replica) => KillAsync(_apps[replica]!);

    /// <summary>Stops an app's process without ending it, or lets it go on.</summary>
    public async Task SignalAsync(int replica, string signal)
    {
        using var kill = Process.Start("kill", [signal, Text(_apps[replica]!.Id)]);
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _apps.Append(_runtime).OfType<Process>())
        {
            if (!process.HasExited) await KillAsync(process);
            process.Dispose();
        }

        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ServesAsync(Uri probe, CancellationToken cancellationToken)
    {
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                if ((await _http.GetAsync(probe, cancellationToken)).IsSuccessStatusCode) return;
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(started) < StartLimit)
            {
                // Not listening yet.
            }

            await Task.Delay(50, cancellationToken);
        }
    }

    private static async Task KillAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    private Process Start(string program, string[] arguments, Action<IDictionary<string, string?>> environment)
    {
        var file = Path.Combine(Artifacts(), program, _configuration, program);
        var start = new ProcessStartInfo(file, arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true };
        foreach (var name in (string[])["DAPR_API_TOKEN", "APP_API_TOKEN", "DAPR_HTTP_ENDPOINT", "DAPR_GRPC_ENDPOINT", "NAMESPACE"]) start.Environment.Remove(name);
        environment(start.Environment);
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start.");
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    /// <summary>The folder of all builds: the nearest one of that shape above this program.</summary>
    private static string Artifacts() => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));

    private void WriteFiles()
    {
        var resources = Directory.CreateDirectory(Path.Combine(_folder, "resources")).FullName;
        File.WriteAllText(Path.Combine(resources, "store.yaml"), """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata: { name: store }
            spec:
              type: state.sqlite
              version: v1
              metadata:
              - { name: connectionString, value: state.db }
              - { name: actorStateStore, value: "true" }
            """);
        var apps = Enumerable.Range(0, Replicas).Select(replica => $"""
            - appID: counter
              appDirPath: .
              appPort: {_appPorts[replica]}
              daprHTTPPort: {_sidecarPorts[replica]}
              enableAppHealthCheck: true
              appHealthProbeInterval: 1
              appHealthProbeTimeout: 500
              appHealthThreshold: 2

            """);
        File.WriteAllText(Path.Combine(_folder, "run.yaml"),
            $"version: 1\ncommon:\n  resourcesPath: ./resources\napps:\n{string.Concat(apps)}- appID: clients\n  appDirPath: .\n  daprHTTPPort: {_sidecarPorts[^1]}\n");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
