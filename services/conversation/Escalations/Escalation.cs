namespace Agents.Conversation.Escalations;

/// <summary>Where an escalation stands.</summary>
public enum EscalationStatus
{
    /// <summary>Nobody has taken it, or whoever had it let the time pass.</summary>
    Open,

    /// <summary>A person works on it; the agent is silent meanwhile.</summary>
    Claimed,
    Resolved,
}

/// <summary>A dialogue that a person is to look at.</summary>
/// <param name="Reason"><c>requested</c> by the user, <c>phrase</c>, <c>failure</c>, <c>degraded</c>, <c>no_sources</c> or <c>low_confidence</c>.</param>
/// <param name="Round">Which one of the session it is, from 1.</param>
public sealed record Escalation(
    string Id, string SessionId, string Agent, int AgentVersion, string? User, string Reason, EscalationStatus Status, int Round, DateTimeOffset CreatedAt)
{
    /// <summary>The turn that caused it; absent when the user asked outside a turn.</summary>
    public string? TurnId { get; init; }

    /// <summary>What the user said about it.</summary>
    public string? Comment { get; init; }

    /// <summary>Who works on it, or resolved it.</summary>
    public string? Operator { get; init; }

    /// <summary>Until then nobody else may take it; each reply makes it a quarter of an hour at least.</summary>
    public DateTimeOffset? ClaimedUntil { get; init; }

    public string? Resolution { get; init; }

    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>As it is at a moment: a claim whose time has passed is none.</summary>
    internal Escalation At(DateTimeOffset now) =>
        Status == EscalationStatus.Claimed && ClaimedUntil <= now ? this with { Status = EscalationStatus.Open, Operator = null, ClaimedUntil = null } : this;
}

/// <summary>Asks for a person.</summary>
/// <param name="Comment">At most 2,000 characters, for the person.</param>
public sealed record RequestEscalation(string? Comment);

/// <summary>Takes an escalation, or keeps it for longer.</summary>
/// <param name="Operator">Who works on it, at most 200 characters; default the key's id.</param>
/// <param name="LeaseSeconds">After so long without a reply somebody else may take it: 30 to 86,400; default 900.</param>
public sealed record ClaimEscalation(string? Operator, int? LeaseSeconds);

/// <summary>Says something to the user.</summary>
/// <param name="Text">1 to 4,000 characters.</param>
/// <param name="Operator">As in the claim.</param>
public sealed record ReplyToUser(string? Text, string? Operator);

/// <summary>Gives the dialogue back to the agent.</summary>
/// <param name="Resolution">What came of it, at most 2,000 characters.</param>
/// <param name="Operator">As in the claim.</param>
public sealed record ResolveEscalation(string? Resolution, string? Operator);
