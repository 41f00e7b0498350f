using System.Text.Json.Serialization;

namespace Agents.Contracts;

/// <summary>A session was opened.</summary>
public sealed record SessionStarted(string Tenant, DateTimeOffset Time, string Session, string? User, string Agent, int AgentVersion) : IEvent
{
    public static string Topic => Topics.Session;
    public static string Type => "agents.session.started.v1";

    [JsonIgnore]
    public string Id => $"{Session}.started";
}

/// <summary>A session came to its end. <paramref name="Outcome"/> is <c>resolved</c>, <c>escalated</c> or <c>abandoned</c>.</summary>
public sealed record SessionEnded(
    string Tenant, DateTimeOffset Time, string Session, string? User, string Agent, int AgentVersion, string Outcome) : IEvent
{
    public static string Topic => Topics.Session;
    public static string Type => "agents.session.ended.v1";

    [JsonIgnore]
    public string Id => $"{Session}.ended";
}
