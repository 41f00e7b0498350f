namespace Agents.LocalRuntime.Apps;

/// <summary>One sidecar to serve: an app (or one replica of it), its ports and its resources.</summary>
internal sealed record AppSpec
{
    public const int DefaultMaxBodySize = 4 << 20;

    public required string AppId { get; init; }

    /// <summary>Where the app listens; null for an app that only calls.</summary>
    public int? AppPort { get; init; }

    public string AppChannelAddress { get; init; } = "127.0.0.1";

    /// <summary>The sidecar's HTTP port.</summary>
    public int HttpPort { get; init; } = 3500;

    /// <summary>The sidecar's gRPC port, for the workflow API.</summary>
    public int GrpcPort { get; init; } = 50001;

    public IReadOnlyList<string> ResourcesPaths { get; init; } = [];

    public string? ConfigPath { get; init; }

    /// <summary>In bytes.</summary>
    public int MaxBodySize { get; init; } = DefaultMaxBodySize;

    /// <summary>Calls to the app at the same time; 0 or less for no limit.</summary>
    public int AppMaxConcurrency { get; init; } = -1;

    /// <summary>Probing of the app's health endpoint, or null when its open port is health enough.</summary>
    public HealthCheckSpec? HealthCheck { get; init; }

    /// <summary>Overrides the runtime's own environment for this app.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public string? Variable(string name) =>
        Environment.TryGetValue(name, out var value) ? value : System.Environment.GetEnvironmentVariable(name);
}

/// <summary>How an app's health is probed.</summary>
/// <param name="Path">The path that answers 2xx when the app is well.</param>
/// <param name="Interval">Between probes.</param>
/// <param name="Timeout">Of one probe.</param>
/// <param name="Threshold">Failures in a row that make the app unhealthy.</param>
internal sealed record HealthCheckSpec(string Path, TimeSpan Interval, TimeSpan Timeout, int Threshold)
{
    public static readonly HealthCheckSpec Default = new("/healthz", TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(500), 3);
}
