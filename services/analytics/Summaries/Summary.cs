using System.Text.Json.Serialization;
using Agents.Analytics.Folding;

namespace Agents.Analytics.Summaries;

/// <summary>
/// The figures of a tenant over a range of time. A member that is absent means that there is no data for it: nothing is ever made up.
/// Counts are JSON numbers; money is a string of micro-units of the account's currency.
/// </summary>
/// <param name="From">Start of the range, UTC: what was asked for, rounded down to the minute.</param>
/// <param name="To">End of the range, UTC, not part of it: what was asked for, rounded up to the minute.</param>
/// <param name="Provisional">The range is so recent that facts may still arrive, or not all that arrived is counted yet.</param>
/// <param name="KeptFrom">Present when the figures cover less than the range: nothing before is at hand any more.</param>
public sealed record Summary(
    DateTimeOffset From, DateTimeOffset To, bool Provisional, DateTimeOffset? KeptFrom,
    InfrastructureSummary Infrastructure, AgentSummary Agent, ModelSummary Model, QualitySummary Quality, BusinessSummary Business);

/// <summary>Replicas and documents. Replicas are shown to an admin of the operator's tenant.</summary>
/// <param name="Replicas">Replicas alive at the end of the range, or now if that is earlier, by app id.</param>
/// <param name="Joins">Replicas that were first heard of in the range.</param>
/// <param name="Leaves">Replicas that fell silent in the range.</param>
/// <param name="EventsArchived">Events that happened in the range.</param>
/// <param name="IgnoredEvents">Those of them that count in no other figure, because this version does not understand them.</param>
/// <param name="DocumentsReady">Indexings that ended well; indexing a document again counts again.</param>
/// <param name="DocumentsFailed">Indexings that did not.</param>
public sealed record InfrastructureSummary(
    IReadOnlyList<AliveReplicas>? Replicas, int? Joins, int? Leaves, long EventsArchived, long IgnoredEvents, long DocumentsReady, long DocumentsFailed);

/// <param name="AppId">The Dapr app id.</param>
/// <param name="Alive">Replicas heard of within 15 seconds.</param>
public sealed record AliveReplicas(string AppId, int Alive);

/// <summary>Turns of conversations.</summary>
/// <param name="Turns">Turns that ended, well or not.</param>
/// <param name="Failed">Those that ended without an answer.</param>
/// <param name="RequestsPerSecond">Turns per second over the range, or over the part of it that has passed.</param>
/// <param name="LatencyMs">From accepting a turn to the end of its answer, completed turns only.</param>
/// <param name="TtftMs">From accepting a turn to its first token, completed turns only.</param>
/// <param name="ErrorRate">Share of turns that failed, 0 to 1.</param>
public sealed record AgentSummary(
    long Turns, long Failed, double? RequestsPerSecond, Percentiles? LatencyMs, Percentiles? TtftMs, double? ErrorRate);

/// <summary>Milliseconds; each at most 1 % off.</summary>
public sealed record Percentiles(int P50, int P95, int P99);

/// <summary>Calls to models.</summary>
/// <param name="Calls">Calls that ended, well or not.</param>
/// <param name="Errors">Those that ended with an error.</param>
/// <param name="TokensCached">Those of <paramref name="TokensIn"/> that the provider had cached.</param>
/// <param name="CostMicros">Money spent.</param>
/// <param name="CostMicrosPerCall">Rounded to the micro-unit.</param>
/// <param name="RateLimited">Errors because the provider had too much to do.</param>
/// <param name="ByModel">The 50 most called models; <c>(other)</c> sums up the rest.</param>
public sealed record ModelSummary(
    long Calls, long Errors, long TokensIn, long TokensOut, long TokensCached,
    [property: JsonNumberHandling(Wire.AsString)] long CostMicros,
    [property: JsonNumberHandling(Wire.AsString)] long? CostMicrosPerCall,
    long RateLimited, IReadOnlyList<OneModelSummary> ByModel);

/// <summary>The part of one model; members as in <see cref="ModelSummary"/>.</summary>
public sealed record OneModelSummary(
    string Model, long Calls, long Errors, long TokensIn, long TokensOut, long TokensCached,
    [property: JsonNumberHandling(Wire.AsString)] long CostMicros,
    [property: JsonNumberHandling(Wire.AsString)] long? CostMicrosPerCall,
    long RateLimited);

/// <summary>How good the answers were.</summary>
/// <param name="CompletionRate">Share of turns that got an answer, 0 to 1.</param>
/// <param name="FeedbackUp">Turns whose last rating is up.</param>
/// <param name="FeedbackDown">Turns whose last rating is down.</param>
/// <param name="Satisfaction">Share of rated turns that are rated up, 0 to 1.</param>
/// <param name="GuardrailsTriggered">How often a guardrail acted.</param>
/// <param name="Groundedness">Mean of the answers that were scored, 0 to 1.</param>
public sealed record QualitySummary(
    double? CompletionRate, long FeedbackUp, long FeedbackDown, double? Satisfaction, long GuardrailsTriggered, double? Groundedness);

/// <summary>What came of it, and what it cost.</summary>
/// <param name="Resolved">Ended sessions whose outcome is resolved.</param>
/// <param name="Escalated">Ended sessions whose outcome is escalated.</param>
/// <param name="EscalationsOpened">Sessions that were handed to a person.</param>
/// <param name="EscalationsResolved">Sessions that the person is done with.</param>
/// <param name="DeflectionRate">Share of ended sessions that needed no person, 0 to 1.</param>
/// <param name="CostMicros">Money spent on models, the same as in the model group.</param>
/// <param name="CostMicrosPerSession">Money per started session, rounded to the micro-unit.</param>
/// <param name="CostMicrosPerResolution">Money per resolved session, rounded to the micro-unit.</param>
public sealed record BusinessSummary(
    long SessionsStarted, long SessionsEnded, long Resolved, long Escalated, long EscalationsOpened, long EscalationsResolved, double? DeflectionRate,
    [property: JsonNumberHandling(Wire.AsString)] long CostMicros,
    [property: JsonNumberHandling(Wire.AsString)] long? CostMicrosPerSession,
    [property: JsonNumberHandling(Wire.AsString)] long? CostMicrosPerResolution);
