using System.Globalization;
using Agents.Local.Processes;

namespace Agents.Local.Topology;

/// <summary>A real Dapr for the solution: placement, scheduler, and one daprd beside every service process.</summary>
internal sealed class DaprProcesses(DaprPrograms programs, Solution solution, string components, DataFolder data)
{
    private const string Loopback = "127.0.0.1";

    private readonly int _placementPort = solution.Ports.Take();
    private readonly int _schedulerPort = solution.Ports.Take();

    /// <param name="environment">Of every daprd: its tokens, and what components read.</param>
    public IEnumerable<ChildProgram> All(IReadOnlyDictionary<string, string?> environment)
    {
        var names = WriteNameResolution();
        return [Placement(), Scheduler(), .. solution.Processes.Select(process => Daprd(process, names, environment))];
    }

    private ChildProgram Placement()
    {
        var health = solution.Ports.Take();
        return new ChildProgram
        {
            Name = "placement",
            FileName = programs.Placement,
            Arguments =
            [
                "--port", Text(_placementPort), "--listen-address", Loopback, "--healthz-port", Text(health), "--healthz-listen-address", Loopback,
                "--id", "placement", "--initial-cluster", $"placement={Address(solution.Ports.Take())}", "--enable-metrics=false",
            ],
            WorkingFolder = data.Path,
            ReadyPage = new Uri($"http://{Address(health)}/healthz"),
        };
    }

    private ChildProgram Scheduler()
    {
        const string id = "scheduler-0";
        var health = solution.Ports.Take();
        return new ChildProgram
        {
            Name = "scheduler",
            FileName = programs.Scheduler,
            Arguments =
            [
                "--port", Text(_schedulerPort), "--listen-address", Loopback, "--override-broadcast-host-port", Address(_schedulerPort),
                "--healthz-port", Text(health), "--healthz-listen-address", Loopback, "--id", id,
                "--etcd-data-dir", Path.Combine(data.Path, "scheduler"), "--etcd-client-port", Text(solution.Ports.Take()),
                "--etcd-initial-cluster", $"{id}=http://{Address(solution.Ports.Take())}", "--enable-metrics=false",
            ],
            WorkingFolder = data.Path,
            ReadyPage = new Uri($"http://{Address(health)}/healthz"),
        };
    }

    private ChildProgram Daprd(AppProcess process, string names, IReadOnlyDictionary<string, string?> environment)
    {
        var configuration = Path.Combine(components, "config.yaml");
        return new ChildProgram
        {
            Name = $"daprd-{process.Name}",
            FileName = programs.Daprd,
            Arguments =
            [
                "--app-id", process.App.Id, "--app-port", Text(process.AppPort), "--app-protocol", "http", "--app-channel-address", Loopback,
                "--dapr-http-port", Text(process.DaprHttpPort), "--dapr-grpc-port", Text(process.DaprGrpcPort),
                "--dapr-internal-grpc-port", Text(solution.Ports.Take()), "--dapr-listen-addresses", Loopback, "--enable-metrics=false",
                "--resources-path", components, .. solution.File.FurtherResources.SelectMany(folder => new[] { "--resources-path", folder }),
                "--config", names,
                // The later one wins, so that a folder of components may choose another resolver.
                .. File.Exists(configuration) ? ["--config", configuration] : Array.Empty<string>(),
                "--placement-host-address", Address(_placementPort), "--scheduler-host-address", Address(_schedulerPort),
            ],
            // Relative paths in components lie in the data folder.
            WorkingFolder = data.Path,
            Environment = environment,
            ReadyPage = new Uri($"http://{Address(process.DaprHttpPort)}/v1.0/healthz"),
        };
    }

    /// <summary>Sidecars find each other by a file: the default, multicast DNS, needs a network that carries it.</summary>
    private string WriteNameResolution()
    {
        var file = Path.Combine(data.Path, "name-resolution.yaml");
        File.WriteAllText(file, $"""
            apiVersion: dapr.io/v1alpha1
            kind: Configuration
            metadata:
              name: name-resolution
            spec:
              nameResolution:
                component: sqlite
                version: v1
                configuration:
                  connectionString: '{Path.Combine(data.Path, "names.db").Replace("'", "''", StringComparison.Ordinal)}'
            """);
        return file;
    }

    private static string Address(int port) => $"{Loopback}:{Text(port)}";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
