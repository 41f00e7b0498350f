using System.Globalization;
using System.Text.Json.Serialization;
using Agents.Contracts;

namespace Agents.Analytics.Figures;

/// <summary>Names what one version of an agent spent on one model in one session.</summary>
/// <param name="Version"><c>agent@version</c>; empty when it is not known.</param>
/// <param name="Model"><c>model@version</c>; empty for the session's outcome.</param>
internal readonly record struct CaseKey(string Session, string Version, string Model);

/// <summary>What became of a session, and what it cost, as far as some facts tell. Facts of different stretches of time add up.</summary>
internal sealed record Case(string? Outcome, DateTimeOffset? EndedAt, long Calls, long CostMicros)
{
    /// <summary>Where a fact counts; null when it has no part in the outcome of a session.</summary>
    public static (CaseKey Key, Case Part)? Of(IEvent fact) => fact switch
    {
        CallCompleted { Session: { } session } call => (
            new CaseKey(session, call is { Agent: { } agent, AgentVersion: { } version } ? Name(agent, version) : "", $"{call.Model}@{call.Version ?? "-"}"),
            new Case(null, null, 1, call.CostMicros)),
        SessionEnded ended => (new CaseKey(ended.Session, Name(ended.Agent, ended.AgentVersion), ""), new Case(ended.Outcome, ended.Time, 0, 0)),
        _ => null,
    };

    // A session ends once: its first end stands.
    public Case Plus(Case other) => new(Outcome ?? other.Outcome, EndedAt ?? other.EndedAt, Calls + other.Calls, CostMicros + other.CostMicros);

    private static string Name(string agent, int version) => string.Create(CultureInfo.InvariantCulture, $"{agent}@{version}");
}

/// <summary>Some cases as they are stored; how many pages there are, the first one says.</summary>
internal sealed record CasePage(
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long Fence, int Pages, IReadOnlyList<StoredCase> Cases)
{
    /// <summary>So many still fit in a state value.</summary>
    public const int Size = 400;
}

internal sealed record StoredCase(
    [property: JsonPropertyName("s")] string Session, [property: JsonPropertyName("v")] string Version, [property: JsonPropertyName("m")] string Model,
    [property: JsonPropertyName("o")] string? Outcome, [property: JsonPropertyName("e")] DateTimeOffset? EndedAt, [property: JsonPropertyName("n")] string Calls,
    [property: JsonPropertyName("c")] string CostMicros)
{
    public static StoredCase Of(CaseKey key, Case part) => new(
        key.Session, key.Version, key.Model, part.Outcome, part.EndedAt, part.Calls.ToString(CultureInfo.InvariantCulture),
        part.CostMicros.ToString(CultureInfo.InvariantCulture));

    public void AddTo(Tally tally) => tally.Add(
        new CaseKey(Session, Version, Model),
        new Case(Outcome, EndedAt, long.Parse(Calls, CultureInfo.InvariantCulture), long.Parse(CostMicros, CultureInfo.InvariantCulture)));
}
