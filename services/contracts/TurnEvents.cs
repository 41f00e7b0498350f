using System.Text.Json.Serialization;

namespace Agents.Contracts;

/// <summary>A turn was answered.</summary>
/// <param name="CallIds">The model calls it made; join key to <see cref="CallCompleted"/>.</param>
/// <param name="Passages">Chunk ids that were given to the model.</param>
/// <param name="TtftMs">Milliseconds from acceptance to the first token.</param>
/// <param name="DurationMs">Milliseconds from acceptance to the last token.</param>
public sealed record TurnCompleted(
    string Tenant, DateTimeOffset Time, string Turn, string Session, string Agent, int AgentVersion,
    IReadOnlyList<string> CallIds, IReadOnlyList<string> Passages, int TtftMs, int DurationMs, string? User = null) : IEvent
{
    public static string Topic => Topics.Turn;
    public static string Type => "agents.turn.completed.v1";

    [JsonIgnore]
    public string Id => $"{Turn}.completed";
}

/// <summary>A turn ended without an answer. <paramref name="Reason"/> is a stable code, never the model's text.</summary>
public sealed record TurnFailed(
    string Tenant, DateTimeOffset Time, string Turn, string Session, string Agent, int AgentVersion,
    IReadOnlyList<string> CallIds, IReadOnlyList<string> Passages, int? TtftMs, int DurationMs, string Reason, string? User = null) : IEvent
{
    public static string Topic => Topics.Turn;
    public static string Type => "agents.turn.failed.v1";

    [JsonIgnore]
    public string Id => $"{Turn}.failed";
}

/// <summary>A guardrail acted. <paramref name="Where"/> is <c>input</c>, <c>passages</c>, <c>output</c> or <c>tool</c>.</summary>
public sealed record GuardrailTriggered(
    string Tenant, DateTimeOffset Time, string Turn, string Rule, string Action, string Where, int Sequence, string? Agent = null,
    int? AgentVersion = null) : IEvent
{
    public static string Topic => Topics.Turn;
    public static string Type => "agents.guardrail.triggered.v1";

    [JsonIgnore]
    public string Id => $"{Turn}.guardrail.{Sequence}";
}

/// <summary>A user rated an answer: <c>up</c> or <c>down</c>. A later rating of the same turn replaces the earlier one.</summary>
/// <param name="Since">When the turn was rated first: all its ratings count there.</param>
public sealed record FeedbackGiven(
    string Tenant, DateTimeOffset Time, string Turn, string Rating, int Revision, DateTimeOffset? Since = null, string? Agent = null,
    int? AgentVersion = null, string? User = null) : IEvent
{
    public static string Topic => Topics.Turn;
    public static string Type => "agents.feedback.given.v1";

    [JsonIgnore]
    public string Id => $"{Turn}.feedback.{Revision}";
}

/// <summary>A session was handed to a person. <paramref name="Round"/> counts those of the session, from 1.</summary>
public sealed record EscalationOpened(
    string Tenant, DateTimeOffset Time, string Session, string Reason, int? Round = null, string? Agent = null, int? AgentVersion = null) : IEvent
{
    public static string Topic => Topics.Turn;
    public static string Type => "agents.escalation.opened.v1";

    [JsonIgnore]
    public string Id => Round is null or 1 ? $"{Session}.escalation.opened" : $"{Session}.escalation.{Round}.opened";
}

/// <summary>The person is done with the session.</summary>
public sealed record EscalationResolved(
    string Tenant, DateTimeOffset Time, string Session, string Reason, int? Round = null, string? Agent = null, int? AgentVersion = null) : IEvent
{
    public static string Topic => Topics.Turn;
    public static string Type => "agents.escalation.resolved.v1";

    [JsonIgnore]
    public string Id => Round is null or 1 ? $"{Session}.escalation.resolved" : $"{Session}.escalation.{Round}.resolved";
}

/// <summary>An answer was compared with its passages. <paramref name="Groundedness"/> is 0 to 1.</summary>
public sealed record AnswerScored(
    string Tenant, DateTimeOffset Time, string Turn, double Groundedness, string? Agent = null, int? AgentVersion = null) : IEvent
{
    public static string Topic => Topics.Turn;
    public static string Type => "agents.answer.scored.v1";

    [JsonIgnore]
    public string Id => $"{Turn}.scored";
}

/// <summary>A model compared an answer with its passages. <paramref name="Groundedness"/> is 0 to 1.</summary>
/// <param name="Judge">The model.</param>
public sealed record AnswerJudged(
    string Tenant, DateTimeOffset Time, string Turn, double Groundedness, string Judge, string Agent, int AgentVersion) : IEvent
{
    public static string Topic => Topics.Turn;
    public static string Type => "agents.answer.judged.v1";

    [JsonIgnore]
    public string Id => $"{Turn}.judged";
}
