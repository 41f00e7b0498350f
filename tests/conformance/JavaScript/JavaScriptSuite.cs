using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Agents.Conformance.Processes;
using Agents.Testing;

namespace Agents.Conformance.JavaScript;

/// <summary>How one case of the suite ended: passed, failed or skipped, and why.</summary>
public sealed record CaseOutcome(string Name, string Outcome, string? Why);

/// <summary>
/// Runs the suite once: against the sidecars that the environment names, or else against a local runtime of its own.
/// See <c>tests/conformance/README.md</c>.
/// </summary>
public sealed class JavaScriptSuite : IAsyncLifetime
{
    private const string Token = "token-of-the-suite";
    private const int ForeignJavaScriptPort = 6100;
    private const int ForeignCSharpPort = 6200;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(150);
    private static readonly string Folder = Path.Combine(
        typeof(JavaScriptSuite).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "RepositoryRoot").Value!,
        "tests", "conformance", "js");

    private string? _notRun;

    /// <summary>The cases that must run, in their order.</summary>
    public static IReadOnlyList<string> Expected { get; } = File.ReadAllLines(Path.Combine(Folder, "cases.txt"));

    internal Dictionary<string, CaseOutcome> Outcomes { get; } = [];

    internal string HowItEnded { get; private set; } = "";

    internal bool EndedByItself { get; private set; }

    internal void SkipUnlessRun() => Assert.SkipWhen(_notRun is not null, _notRun ?? "");

    public async ValueTask InitializeAsync()
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules")))
        {
            _notRun = "not run: npm is missing, or npm ci was not run in tests/conformance/js";
            return;
        }

        if (Sidecars.OfEnvironment() is { } foreign)
        {
            await RunAsync(foreign, ForeignJavaScriptPort, ForeignCSharpPort);
            return;
        }

        var (javaScriptPort, csharpPort) = (Ports.Next(), Ports.Next());
        using var place = new Workplace();
        CopyResources(place);
        // The product's own broker takes the place of one that forgets.
        place.AddComponent("pubsub", "pubsub.sqlite", ("connectionString", "messages.db"));
        var js = new AppEntry("js", javaScriptPort, Ports.Next());
        var csharp = new AppEntry(CSharpApp.AppId, csharpPort, Ports.Next());
        await using var runtime = await RuntimeProcess.StartAsync(
            place.RunFile(js, csharp), new Dictionary<string, string> { ["DAPR_API_TOKEN"] = Token, ["APP_API_TOKEN"] = Token + "-app" }, place.Folder);
        await RunAsync(new(Loopback(js.HttpPort), Loopback(js.GrpcPort), Loopback(csharp.HttpPort), Token), javaScriptPort, csharpPort);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static void CopyResources(Workplace place)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Folder, "resources")))
            File.Copy(file, Path.Combine(place.Resources, Path.GetFileName(file)));
    }

    private async Task RunAsync(Sidecars sidecars, int javaScriptPort, int csharpPort)
    {
        await using var csharp = sidecars.CSharpHttp is { } address ? await CSharpApp.StartAsync(csharpPort, address, sidecars.Token) : null;
        var start = new ProcessStartInfo("node", ["--test-reporter=./reporter.mjs", "suite.mjs"])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["APP_PORT"] = $"{javaScriptPort}",
                ["DAPR_HTTP_ENDPOINT"] = sidecars.Http.ToString(),
                ["DAPR_GRPC_ENDPOINT"] = sidecars.Grpc.ToString(),
                ["DAPR_API_TOKEN"] = sidecars.Token,
                ["CSHARP_APP"] = csharp is null ? null : CSharpApp.AppId,
            },
        };
        Process node;
        try
        {
            node = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            // How .NET says that there is no such program.
            _notRun = "not run: node is missing";
            return;
        }

        using (node)
            await FollowAsync(node);
    }

    private async Task FollowAsync(Process node)
    {
        var output = node.StandardOutput.ReadToEndAsync();
        var errors = node.StandardError.ReadToEndAsync();
        try
        {
            await node.WaitForExitAsync().WaitAsync(Limit);
            EndedByItself = true;
        }
        catch (TimeoutException)
        {
            node.Kill();
            await node.WaitForExitAsync();
        }

        var strange = new List<string>();
        foreach (var line in (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("{\"name\":", StringComparison.Ordinal) && JsonSerializer.Deserialize<CaseOutcome>(line, JsonSerializerOptions.Web) is { } outcome)
                Outcomes[outcome.Name] = outcome;
            else
                strange.Add(line);
        }

        HowItEnded = $"{(EndedByItself ? $"ended with code {node.ExitCode}" : $"not ended after {Limit.TotalSeconds} s")}\n{string.Join('\n', strange)}\n{await errors}";
    }

    private static Uri Loopback(int port) => new($"http://127.0.0.1:{port}");

    /// <summary>Whom the suite runs against.</summary>
    /// <param name="CSharpHttp">The second sidecar, of the app in C#; without it the cases between the languages are skipped.</param>
    private sealed record Sidecars(Uri Http, Uri Grpc, Uri? CSharpHttp, string? Token)
    {
        public static Sidecars? OfEnvironment() => Address("DAPR_HTTP_ENDPOINT") is { } http && Address("DAPR_GRPC_ENDPOINT") is { } grpc
            ? new(http, grpc, Address("DAPR_HTTP_ENDPOINT_CSHARP"), Environment.GetEnvironmentVariable("DAPR_API_TOKEN"))
            : null;

        private static Uri? Address(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? new(text) : null;
    }
}
