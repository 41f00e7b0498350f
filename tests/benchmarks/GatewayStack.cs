using System.Diagnostics;
using System.Globalization;
using Agents.Testing;
using Agents.Contracts;

namespace Agents.Benchmarks;

/// <summary>
/// The gateway alone on the first core, with keys, a budget, metrics and spans on; on the second core whatever it needs: a sidecar with
/// components in memory, who answers for keys, a collector that takes everything, and the model endpoint.
/// </summary>
internal sealed class GatewayStack : IAsyncDisposable
{
    public const string Key = "ak_bench";
    private const string Token = "bench-token";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agents-bench-");
    private readonly List<Process> _processes = [];
    private readonly WebApplication _beside;

    private GatewayStack(WebApplication beside) => _beside = beside;

    /// <summary>Base address of the model endpoint, version included.</summary>
    public Uri Upstream { get; private set; } = null!;

    public Process Gateway { get; private set; } = null!;

    /// <summary>Base address of the gateway, version included.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Where the JavaScript and the configurations are.</summary>
    public static string Scripts { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "tests", "benchmarks", "gateway"));

    public static async Task<GatewayStack> StartAsync(CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsLinux())
            Process.GetCurrentProcess().ProcessorAffinity = 2;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var beside = builder.Build();
        beside.MapPost("/internal/keys/authenticate", () => Results.Json(new AuthenticatedKey("ak_1", "default", ["admin"]), Defaults.Api.Json.Options));
        beside.MapGet("/dapr/subscribe", () => Results.Json(Array.Empty<string>()));
        beside.MapFallback(() => Results.Ok());
        await beside.StartAsync(cancellationToken);

        var stack = new GatewayStack(beside);
        try
        {
            await stack.StartProcessesAsync(new Uri(beside.Urls.Single()), cancellationToken);
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a program on one core. It ends with this stack.</summary>
    public Process Start(int core, string program, IEnumerable<string> arguments, string? folder = null, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("taskset", ["-c", Text(core), program, .. arguments])
        {
            WorkingDirectory = folder ?? _folder.FullName,
            RedirectStandardOutput = true,
        };
        start.Environment.Remove("DAPR_API_TOKEN");
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        _processes.Add(process);
        return process;
    }

    /// <summary>Waits until something listens.</summary>
    public static async Task ListeningAsync(int port, CancellationToken cancellationToken)
    {
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                using var socket = new System.Net.Sockets.TcpClient();
                await socket.ConnectAsync("127.0.0.1", port, cancellationToken);
                return;
            }
            catch (System.Net.Sockets.SocketException) when (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20))
            {
                await Task.Delay(50, cancellationToken);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        await _beside.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task StartProcessesAsync(Uri beside, CancellationToken cancellationToken)
    {
        var (upstream, sidecar, app) = (Ports.Next(), Ports.Next(), Ports.Next());
        Upstream = new Uri($"http://127.0.0.1:{upstream}/v1");
        Address = new Uri($"http://127.0.0.1:{app}/v1");
        Start(1, "node", [Path.Combine(Scripts, "upstream.mjs"), Text(upstream)]);
        Start(1, Program("Agents.LocalRuntime"), ["--run-file", WriteRunFile(sidecar, app, beside.Port), "--parent-pid", Text(Environment.ProcessId)], null, ("APP_API_TOKEN", Token));
        Gateway = Start(
            0, Program("Agents.Inference"), [], null,
            ("APP_ID", "inference"), ("APP_PORT", Text(app)), ("DAPR_HTTP_PORT", Text(sidecar)), ("APP_API_TOKEN", Token),
            ("AGENTS_REPLICA", "inference-0"), ("OTEL_EXPORTER_OTLP_ENDPOINT", beside.ToString()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("RateLimit__RequestsPerSecond", "1000000"), ("RateLimit__Burst", "1000000"), ("Models__0__Id", "bench-model"), ("Models__0__Endpoint", Upstream.ToString()),
            ("Models__0__InputMicrosPerMillion", "250000"), ("Models__0__OutputMicrosPerMillion", "2000000"));
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(30);)
        {
            try
            {
                using var ready = await http.GetAsync(new Uri(Address, "/health/ready"), cancellationToken);
                if (ready.IsSuccessStatusCode)
                    break;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(100, cancellationToken);
        }
        using var made = await http.PostAsJsonAsync(
            new Uri(Address, "/v1/budgets"), new { limit_micros = "1000000000000", requests_per_minute = 100_000_000 }, cancellationToken);
        made.EnsureSuccessStatusCode();
    }

    private string WriteRunFile(int sidecar, int app, int conversation)
    {
        var components = Directory.CreateDirectory(Path.Combine(_folder.FullName, "components")).FullName;
        foreach (var (name, type) in new[] { ("statestore", "state.in-memory"), ("sessionstore", "state.in-memory"), ("pubsub", "pubsub.in-memory"), ("secrets", "secretstores.local.env") })
        {
            var metadata = type == "state.in-memory" ? "[{ name: keyPrefix, value: name }]" : "[]";
            File.WriteAllText(Path.Combine(components, $"{name}.yaml"), $$"""
                apiVersion: dapr.io/v1alpha1
                kind: Component
                metadata: { name: {{name}} }
                spec: { type: {{type}}, version: v1, metadata: {{metadata}} }
                """);
        }
        var file = Path.Combine(_folder.FullName, "run.yaml");
        File.WriteAllText(file, $"""
            version: 1
            common:
              resourcesPath: {components}
            apps:
            - appID: inference
              appDirPath: {_folder.FullName}
              appPort: {app}
              daprHTTPPort: {sidecar}
            - appID: conversation
              appDirPath: {_folder.FullName}
              appPort: {conversation}
              daprHTTPPort: {Ports.Next()}
            """);
        return file;
    }

    private static string Program(string project) => Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", project, Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), project));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
