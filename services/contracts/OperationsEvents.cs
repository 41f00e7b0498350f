using System.Text.Json;
using System.Text.Json.Serialization;

namespace Agents.Contracts;

/// <summary>Somebody changed something. <paramref name="Before"/> and <paramref name="After"/> hold no secrets and no personal text.</summary>
/// <param name="Entry">Unique id of the entry.</param>
/// <param name="Actor">The key id or app id that acted.</param>
/// <param name="Object">What was acted on, as <c>noun/id</c>.</param>
public sealed record AuditRecorded(
    string Tenant, DateTimeOffset Time, string Entry, string Actor, string Action, string Object, JsonElement? Before, JsonElement? After) : IEvent
{
    public static string Topic => Topics.Audit;
    public static string Type => "agents.audit.recorded.v1";

    [JsonIgnore]
    public string Id => Entry;
}

/// <summary>A replica is alive, every 5 s: the first one of an epoch is a join, silence is a leave.</summary>
/// <param name="Slots">How much work it can hold at once; 0 when it takes no queued work.</param>
/// <param name="Busy">How much it holds now.</param>
/// <param name="Version">The running build.</param>
public sealed record ReplicaHeartbeat(
    string Tenant, DateTimeOffset Time, string Replica, string Epoch,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long Beat,
    string AppId, string Role, int Slots, int Busy, string Version) : IEvent
{
    public static string Topic => Topics.Ops;
    public static string Type => "agents.replica.heartbeat.v1";

    [JsonIgnore]
    public string Id => $"{Replica}.{Epoch}.{Beat}";
}
