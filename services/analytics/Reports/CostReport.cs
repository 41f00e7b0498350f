using System.Text.Json.Serialization;
using Agents.Analytics.Folding;

namespace Agents.Analytics.Reports;

/// <summary>What models cost a tenant in a month, UTC. Money is a string of micro-units of the account's currency.</summary>
/// <param name="Month"><c>2026-03</c>.</param>
/// <param name="Provisional">The month is not over, or facts of it may still arrive.</param>
/// <param name="CostMicros">So far, or of the whole month when it is over.</param>
/// <param name="PreviousMicros">Of the month before, up to the same moment in it.</param>
/// <param name="PreviousMonthMicros">Of the whole month before.</param>
/// <param name="Change">How much more than the previous one, as a share of it: 0.1 is a tenth more. Absent when that one was nothing.</param>
/// <param name="ForecastMicros">
/// The whole month, if each day that is left costs what the last seven whole days cost on average (those of the month before included).
/// Absent when the month is over.
/// </param>
/// <param name="CostMicrosPerResolution">Money per session that ended as resolved, rounded to the micro-unit.</param>
/// <param name="Days">Up to now.</param>
/// <param name="ByAgent">The 50 dearest, <c>(other)</c> for the rest; calls that no agent made are not among them.</param>
/// <param name="ByModel">As with agents.</param>
/// <param name="ByUser">As with agents; one who was erased by a pseudonym.</param>
public sealed record CostReport(
    string Month, bool Provisional,
    [property: JsonNumberHandling(Wire.AsString)] long CostMicros,
    [property: JsonNumberHandling(Wire.AsString)] long PreviousMicros,
    [property: JsonNumberHandling(Wire.AsString)] long PreviousMonthMicros,
    double? Change,
    [property: JsonNumberHandling(Wire.AsString)] long? ForecastMicros,
    long Calls, long TokensIn, long TokensOut, long Resolved,
    [property: JsonNumberHandling(Wire.AsString)] long? CostMicrosPerResolution,
    IReadOnlyList<CostDay> Days, IReadOnlyList<CostShare> ByAgent, IReadOnlyList<CostShare> ByModel, IReadOnlyList<CostShare> ByUser);

/// <summary>One day of a month.</summary>
public sealed record CostDay(DateOnly Day, [property: JsonNumberHandling(Wire.AsString)] long CostMicros, long Calls);

/// <summary>What one agent, model or user cost.</summary>
/// <param name="Share">Of all that was spent, 0 to 1; absent when nothing was.</param>
/// <param name="PreviousMicros">In the month before, up to the same moment in it.</param>
public sealed record CostShare(
    string Value, [property: JsonNumberHandling(Wire.AsString)] long CostMicros, [property: JsonNumberHandling(Wire.AsString)] long PreviousMicros, double? Share,
    long Calls, long TokensIn, long TokensOut);
