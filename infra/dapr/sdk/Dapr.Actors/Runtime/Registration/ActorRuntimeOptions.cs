using System.Text.Json;

namespace Dapr.Actors.Runtime;

/// <summary>Which actors this app hosts and how; what is null is left to the sidecar.</summary>
public sealed class ActorRuntimeOptions
{
    /// <summary>The actor types this app hosts.</summary>
    public ActorRegistrationCollection Actors { get; } = [];

    /// <summary>How long an actor stays in memory without a call.</summary>
    public TimeSpan? ActorIdleTimeout { get; set; }

    /// <summary>How often the sidecar looks for idle actors; current ones ignore it.</summary>
    public TimeSpan? ActorScanInterval { get; set; }

    /// <summary>How long a call may still run when its actor moves elsewhere.</summary>
    public TimeSpan? DrainOngoingCallTimeout { get; set; }

    /// <summary>Whether the calls under way are waited for when actors move elsewhere.</summary>
    public bool DrainRebalancedActors { get; set; }

    /// <summary>Whether calls may come back to an actor.</summary>
    public ActorReentrancyConfig ReentrancyConfig { get; set; } = new();

    /// <summary>How arguments, results and state become JSON; the default is <see cref="JsonSerializerDefaults.Web"/>.</summary>
    public JsonSerializerOptions JsonSerializerOptions { get; set; } = new(JsonSerializerDefaults.Web);

    /// <summary>The token shown to the sidecar; the default is that of the configuration or the environment.</summary>
    public string? DaprApiToken { get; set; }

    /// <summary>The URL of the sidecar's HTTP API; the default is that of the configuration or the environment.</summary>
    public string? HttpEndpoint { get; set; }

    /// <summary>Over how many records the reminders of a type were spread; sidecars with a scheduler ignore it.</summary>
    public int? RemindersStoragePartitions { get; set; }
}
