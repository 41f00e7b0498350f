using System.Diagnostics;
using System.Globalization;
using Agents.Defaults.State;

namespace Agents.Testing.Ledgers;

/// <summary>A process of the local runtime with one state store, on a temporary folder.</summary>
public sealed class LocalStore : IAsyncDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _folder;

    private LocalStore(Process process, DirectoryInfo folder, Uri endpoint)
    {
        (_process, _folder, Endpoint) = (process, folder, endpoint);
        Http = new HttpMessageInvoker(new Rooted(endpoint));
    }

    /// <summary>The sidecar's HTTP API.</summary>
    public Uri Endpoint { get; }

    /// <summary>The same for requests that name only a path.</summary>
    public HttpMessageInvoker Http { get; }

    /// <summary>Starts a runtime, built like this program, with the component <c>statestore</c> of this type.</summary>
    public static async Task<LocalStore> StartAsync(string type, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("agents-ledger-");
        var metadata = type == "state.sqlite" ? "\n  - name: connectionString\n    value: state.db" : " []";
        var components = folder.CreateSubdirectory("components").FullName;
        await File.WriteAllTextAsync(
            Path.Combine(components, "statestore.yaml"),
            $"apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: {Stores.MainName}\nspec:\n  type: {type}\n  version: v1\n  metadata:{metadata}\n",
            cancellationToken);
        var port = Ports.Next();
        await File.WriteAllTextAsync(
            Path.Combine(folder.FullName, "run.yaml"),
            $"version: 1\ncommon:\n  resourcesPath: {components}\napps:\n- appID: ledger\n  appDirPath: {folder.FullName}\n  daprHTTPPort: {port}\n",
            cancellationToken);
        var store = new LocalStore(Start(folder.FullName), folder, new Uri($"http://127.0.0.1:{port}"));
        await Eventually.TrueAsync(store.IsReadyAsync, $"the runtime with {type} is ready", cancellationToken);
        return store;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static Process Start(string folder)
    {
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Agents.LocalRuntime", configuration, "Agents.LocalRuntime"));
        string[] arguments = ["--run-file", Path.Combine(folder, "run.yaml"), "--parent-pid", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)];
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true };
        start.Environment.Remove("DAPR_API_TOKEN");
        var process = Process.Start(start) ?? throw new InvalidOperationException("The runtime did not start.");
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var http = new HttpClient();
            return (await http.GetAsync(new Uri(Endpoint, "/v1.0/healthz/outbound"))).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // Not listening yet.
            return false;
        }
    }

    private sealed class Rooted(Uri endpoint) : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = new Uri(endpoint, request.RequestUri!);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
