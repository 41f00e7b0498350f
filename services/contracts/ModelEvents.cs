using System.Text.Json.Serialization;

namespace Agents.Contracts;

/// <summary>A model call ended, well or not: the one place where tokens and money are counted.</summary>
/// <param name="Alias">The name that the caller asked for.</param>
/// <param name="Version">The model's version as the provider reported it.</param>
/// <param name="Arm">Rollout arm: <c>stable</c>, <c>candidate</c> or <c>shadow</c>.</param>
/// <param name="Tier"><c>edge</c>, <c>small</c> or <c>large</c>.</param>
/// <param name="Reason">Why the route was taken.</param>
/// <param name="Cache"><c>none</c>, <c>exact</c> or <c>semantic</c>.</param>
/// <param name="CostMicros">Micro-units of the account's currency.</param>
/// <param name="TtftMs">Milliseconds to the first token; absent when none came.</param>
/// <param name="Error">A stable code; absent on success.</param>
/// <param name="Agent">Whom it was called for, when it was not called directly; likewise the others.</param>
/// <param name="Lane">The lane of the job.</param>
public sealed record CallCompleted(
    string Tenant, DateTimeOffset Time, string CallId, string? Turn, string? Job, string Alias, string Model, string? Version, string Arm,
    string Tier, string Reason, string Cache, int TokensIn, int TokensOut, int TokensCached,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long CostMicros,
    int? TtftMs, int DurationMs, string? Error, string? Agent = null, int? AgentVersion = null, string? User = null, string? Lane = null,
    string? Session = null) : IEvent
{
    public static string Topic => Topics.Model;
    public static string Type => "agents.call.completed.v1";

    [JsonIgnore]
    public string Id => CallId;
}

/// <summary>A rollout moved. <paramref name="Stage"/> names where it stands, <paramref name="Share"/> the candidate's part of traffic, 0 to 1.</summary>
public sealed record RolloutChanged(
    string Tenant, DateTimeOffset Time, string Rollout, string Alias, string Stage, double Share, int Revision, string Reason) : IEvent
{
    public static string Topic => Topics.Model;
    public static string Type => "agents.rollout.changed.v1";

    [JsonIgnore]
    public string Id => $"{Rollout}.{Revision}";
}

/// <summary>A budget was set, crossed its soft limit, or was used up; money in micro-units.</summary>
public sealed record BudgetChanged(
    string Tenant, DateTimeOffset Time, string Budget, string State,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long LimitMicros,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long SpentMicros,
    int Revision) : IEvent
{
    public static string Topic => Topics.Model;
    public static string Type => "agents.budget.changed.v1";

    [JsonIgnore]
    public string Id => $"{Budget}.{Revision}";
}
