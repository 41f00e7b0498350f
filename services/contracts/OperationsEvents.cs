using System.Text.Json;
using System.Text.Json.Serialization;

namespace Agents.Contracts;

/// <summary>Somebody changed something. <paramref name="Before"/> and <paramref name="After"/> hold no secrets and no personal text.</summary>
/// <param name="Entry">Unique id of the entry.</param>
/// <param name="Actor">The key id or app id that acted.</param>
/// <param name="Object">What was acted on, as <c>noun/id</c>.</param>
/// <param name="User">Whose data the entry is about, if it is: then its content can be erased.</param>
public sealed record AuditRecorded(
    string Tenant, DateTimeOffset Time, string Entry, string Actor, string Action, string Object, JsonElement? Before, JsonElement? After,
    string? User = null) : IEvent
{
    public static string Topic => Topics.Audit;
    public static string Type => "agents.audit.recorded.v1";

    [JsonIgnore]
    public string Id => Entry;
}

/// <summary>A replica is alive, every <see cref="Seconds"/>: the first one of an epoch is a join, silence is a leave.</summary>
/// <param name="Slots">How much work it can hold at once; 0 when it takes no queued work.</param>
/// <param name="Busy">How much it holds now.</param>
/// <param name="Version">The running build.</param>
/// <param name="Queues">Jobs that wait in the parts of lanes that live here, by lane.</param>
public sealed record ReplicaHeartbeat(
    string Tenant, DateTimeOffset Time, string Replica, string Epoch,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long Beat,
    string AppId, string Role, int Slots, int Busy, string Version, IReadOnlyDictionary<string, int>? Queues = null) : IEvent
{
    public static string Topic => Topics.Ops;
    public static string Type => "agents.replica.heartbeat.v1";

    /// <summary>From one to the next.</summary>
    public const int Seconds = 5;

    [JsonIgnore]
    public string Id => $"{Replica}.{Epoch}.{Beat}";
}

/// <summary>An alert began to fire, or is over.</summary>
/// <param name="Rule">Id of the rule.</param>
/// <param name="Sequence">Counts the changes of the rule.</param>
/// <param name="State"><c>firing</c> or <c>resolved</c>.</param>
/// <param name="Figure">What the rule looks at.</param>
/// <param name="Measured">The figure then; absent when there was no data.</param>
public sealed record AlertChanged(
    string Tenant, DateTimeOffset Time, string Rule, string Name, int Sequence, string State, string Figure, double? Measured) : IEvent
{
    public static string Topic => Topics.Ops;
    public static string Type => "agents.alert.changed.v1";

    [JsonIgnore]
    public string Id => $"{Rule}.{Tenant}.{Sequence}";
}
