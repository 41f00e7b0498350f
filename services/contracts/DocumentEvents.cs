using System.Text.Json.Serialization;

namespace Agents.Contracts;

/// <summary>A document can be found by search. <paramref name="Content"/> is the hash of what was indexed.</summary>
/// <param name="LagMs">Milliseconds from its upload until then.</param>
public sealed record DocumentReady(
    string Tenant, DateTimeOffset Time, string Document, string Collection, int Chunks, string Content, int? LagMs = null) : IEvent
{
    public static string Topic => Topics.Document;
    public static string Type => "agents.document.ready.v1";

    [JsonIgnore]
    public string Id => $"{Document}.ready.{Content}";
}

/// <summary>A document could not be indexed. <paramref name="Reason"/> is a stable code.</summary>
public sealed record DocumentFailed(
    string Tenant, DateTimeOffset Time, string Document, string Collection, int Chunks, string Content, string Reason) : IEvent
{
    public static string Topic => Topics.Document;
    public static string Type => "agents.document.failed.v1";

    [JsonIgnore]
    public string Id => $"{Document}.failed.{Content}";
}

/// <summary>What a collection knows has changed: answers cached under an older version are stale.</summary>
public sealed record KnowledgeChanged(
    string Tenant, DateTimeOffset Time, string Collection,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long Version) : IEvent
{
    public static string Topic => Topics.Document;
    public static string Type => "agents.knowledge.changed.v1";

    [JsonIgnore]
    public string Id => $"{Collection}.{Version}";
}
