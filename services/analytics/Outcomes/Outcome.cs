using System.Text.Json.Serialization;
using Agents.Analytics.Folding;

namespace Agents.Analytics.Outcomes;

/// <summary>What sessions came to and what they cost, of all model calls that were made for them, each counted once.</summary>
/// <param name="From">Sessions that ended from then on, UTC; what they cost before is part of it.</param>
/// <param name="Provisional">Sessions may still end in the range, or facts of them arrive.</param>
/// <param name="Total">All of them.</param>
/// <param name="ByVersion">By the agent's version with which the session ended, the dearest first, at most 100.</param>
/// <param name="ByVersionAndModel">The same, for each model's version by what was spent on it. A session counts with each model that it used.</param>
public sealed record OutcomeReport(
    DateTimeOffset From, DateTimeOffset To, bool Provisional, OutcomeRow Total, IReadOnlyList<OutcomeRow> ByVersion, IReadOnlyList<OutcomeRow> ByVersionAndModel);

/// <summary>Some sessions that ended.</summary>
/// <param name="Version"><c>agent@version</c>.</param>
/// <param name="Model"><c>model@version</c>, the version as the provider reports it.</param>
/// <param name="CostMicros">What all of them cost, in micro-units of the account's currency.</param>
/// <param name="ResolvedCostMicros">What those cost that were resolved.</param>
/// <param name="CostMicrosPerResolution">The money of all of them per session that was resolved, rounded to the micro-unit; absent when none was.</param>
public sealed record OutcomeRow(
    string? Version, string? Model, long Sessions, long Resolved, long Escalated, long Abandoned, long Calls,
    [property: JsonNumberHandling(Wire.AsString)] long CostMicros, [property: JsonNumberHandling(Wire.AsString)] long ResolvedCostMicros,
    [property: JsonNumberHandling(Wire.AsString)] long? CostMicrosPerResolution);

/// <summary>One session that ended.</summary>
/// <param name="Outcome"><c>resolved</c>, <c>escalated</c> or <c>abandoned</c>.</param>
/// <param name="Version">The agent's version with which it ended.</param>
public sealed record SessionOutcome(
    string Session, string Outcome, string Version, DateTimeOffset EndedAt, long Calls, [property: JsonNumberHandling(Wire.AsString)] long CostMicros,
    IReadOnlyList<ModelCost> Models);

/// <summary>What was spent on one version of a model.</summary>
public sealed record ModelCost(string Model, long Calls, [property: JsonNumberHandling(Wire.AsString)] long CostMicros);
