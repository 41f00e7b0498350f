using Agents.Local.Topology;

namespace Agents.Local;

/// <summary>How the solution is to be started on this machine.</summary>
public sealed record LocalHostOptions
{
    /// <summary>Folder of <c>dapr.yaml</c>; by default the checkout this program was built from.</summary>
    public string? RepositoryRoot { get; init; }

    /// <summary>Folder that holds the built programs as <c>Project/configuration/Project</c>; by default this program's own.</summary>
    public string? ProgramsFolder { get; init; }

    /// <summary>Port of the front door; 0 takes any free one.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>Kept and reused when given; otherwise a temporary folder that is removed at the end.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Admin key of tenant <c>default</c>; by default the one kept in the data folder, or a new one.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Processes per app id; an app not named here has one.</summary>
    public IReadOnlyDictionary<string, int> Replicas { get; init; } = new Dictionary<string, int>();

    /// <summary>Each role of a service is an app of its own, as in a cluster; otherwise one process per service does all.</summary>
    public bool Cluster { get; init; }

    /// <summary>Folder of Dapr components; by default <c>components/local</c>, with real Dapr the one that <c>dapr.yaml</c> names.</summary>
    public string? ComponentsFolder { get; init; }

    /// <summary>Extra environment of every child process.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Extra environment of single service processes; wins over everything else, ports and tokens included.</summary>
    public Func<ServiceProcess, IReadOnlyDictionary<string, string>> ServiceEnvironment { get; init; } = _ => new Dictionary<string, string>();

    /// <summary>Extra arguments of the local runtime, such as <c>--enable-fault-injection</c>.</summary>
    public IReadOnlyList<string> RuntimeArguments { get; init; } = [];

    /// <summary>App ids of apps beside the product that get a sidecar of the local runtime; whoever starts them makes them listen.</summary>
    public IReadOnlyList<string> Guests { get; init; } = [];

    /// <summary>Start real Dapr from these programs instead of the local runtime.</summary>
    public DaprPrograms? Dapr { get; init; }

    /// <summary>How long everything may take to become ready.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Receives one line per restart of a child.</summary>
    public Action<string> Diagnostics { get; init; } = Console.Error.WriteLine;

    /// <summary>Called as the children become ready.</summary>
    public Action<StartProgress>? OnProgress { get; init; }
}

/// <summary>A service process that is about to be started.</summary>
/// <param name="Name">Such as <c>conversation-0</c>.</param>
/// <param name="AppId">Such as <c>conversation</c>.</param>
/// <param name="DaprHttpPort">Where its sidecar listens.</param>
public sealed record ServiceProcess(string Name, string AppId, int DaprHttpPort);

/// <summary>An app beside the product.</summary>
/// <param name="AppPort">Where its sidecar expects it.</param>
/// <param name="DaprHttpPort">Where its sidecar listens.</param>
public sealed record GuestApp(string AppId, int AppPort, int DaprHttpPort);

/// <param name="Ready">Children ready so far.</param>
/// <param name="Total">Children in all.</param>
public readonly record struct StartProgress(int Ready, int Total);

/// <summary>The local host could not do what was asked; the message is for the person at the keyboard.</summary>
public sealed class LocalHostException(string message) : Exception(message);
