using Agents.Conversation.Catalog;
using Agents.Conversation.Turns;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Identity;

namespace Agents.Conversation.Sessions;

/// <summary>Opens a session, and with <c>input</c> asks its first question: one call from nothing to the first token.</summary>
/// <param name="Agent">An agent id; default <c>default</c>.</param>
/// <param name="Input">1 to 32,000 characters.</param>
/// <param name="Stream">Answer as server-sent events; needs <c>input</c>.</param>
/// <param name="User">Who asks, at most 200 characters; needs the scope sessions:delegate.</param>
/// <param name="Principals">What the user belongs to, at most 64; needs the scope sessions:delegate.</param>
/// <param name="Metadata">At most 16 entries, kept and returned.</param>
/// <param name="TtlSeconds">Idle time after which the session is forgotten: 60 to 2,592,000; default 3,600, or 2,592,000 when the agent's memory is <c>long</c>.</param>
/// <param name="AgentVersion">Answer by this version throughout; absent: by whichever is live.</param>
/// <param name="IdleTimeoutSeconds">Idle time after which the session ends as abandoned: 5 to <c>ttl_seconds</c>, which is the default.</param>
public sealed record CreateSession(
    string? Agent, string? Input, bool? Stream, string? User, IReadOnlyList<string>? Principals, IReadOnlyDictionary<string, string>? Metadata,
    int? TtlSeconds, int? AgentVersion = null, int? IdleTimeoutSeconds = null)
{
    private const int ShortTtl = 3_600;
    private const int LongestTtl = 2_592_000;

    internal SessionRecord ToSession(string id, string tenant, Agent agent, DateTimeOffset now)
    {
        var ttl = TtlSeconds ?? (agent.Memory.Kind == MemoryKind.Long ? LongestTtl : ShortTtl);
        return new SessionRecord(
            id, tenant, agent.Id, agent.Version, User, Principals ?? [], Metadata ?? new Dictionary<string, string>(), ttl, now, now, [], null, [])
        {
            PinnedVersion = AgentVersion,
            IdleSeconds = Math.Min(ttl, IdleTimeoutSeconds ?? ttl),
        };
    }

    internal Problem? Refusal(Caller caller) =>
        (Agent is null ? null : Checks.Text("agent", Agent, 100))
        ?? (Input is null ? null : TurnEndpoints.InputRefusal(Input))
        ?? (Stream == true && Input is null ? Problem.Invalid("stream", "stream needs input: there is nothing to stream.") : null)
        ?? (User is null ? null : Checks.Text("user", User, 200))
        ?? Checks.Items("principals", Principals, 64, 200)
        ?? Checks.Metadata("metadata", Metadata)
        ?? (TtlSeconds is < 60 or > LongestTtl ? Problem.Invalid("ttl_seconds", $"ttl_seconds must be 60 to {LongestTtl}.") : null)
        ?? (IdleTimeoutSeconds is < 5 || IdleTimeoutSeconds > (TtlSeconds ?? LongestTtl)
            ? Problem.Invalid("idle_timeout_seconds", "idle_timeout_seconds must be 5 to ttl_seconds.") : null)
        ?? ((User is not null || Principals is not null) && !caller.Has(Scopes.SessionsDelegate)
            ? new Problem(403, "delegation_not_allowed", "Setting user or principals needs the scope sessions:delegate.", "user")
            : null);
}

/// <summary>How a session came to its end.</summary>
public enum Outcome
{
    Resolved,
    Escalated,
    Abandoned,
}

/// <summary>Ends a session.</summary>
/// <param name="Outcome"><c>resolved</c>, <c>escalated</c> or <c>abandoned</c>.</param>
public sealed record EndSession(Outcome? Outcome);

/// <summary>A session as the API shows it.</summary>
/// <param name="Status"><c>idle</c>, <c>busy</c> while a turn is answered, or <c>ended</c>.</param>
/// <param name="TurnCount">How many turns it has had.</param>
public sealed record Session(
    string Id, string Agent, int AgentVersion, string Status, string? User, IReadOnlyDictionary<string, string> Metadata, int TtlSeconds,
    int TurnCount, DateTimeOffset CreatedAt, DateTimeOffset LastActiveAt)
{
    /// <summary>The first turn, when the session was opened with <c>input</c>.</summary>
    public Turn? Turn { get; init; }

    /// <summary>The latest turns, when they were asked for.</summary>
    public IReadOnlyList<Turn>? Turns { get; init; }

    /// <summary>Idle time after which the session ends as abandoned.</summary>
    public int IdleTimeoutSeconds { get; init; }

    /// <summary>How it ended; absent while it is open.</summary>
    public string? Outcome { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The escalation to a person, if there was one.</summary>
    public string? Escalation { get; init; }

    internal static Session From(SessionRecord record) => new(
        record.Id, record.Agent, record.AgentVersion, record.Status, record.User, record.Metadata, record.TtlSeconds, record.Turns.Count,
        record.CreatedAt, record.LastActiveAt)
    {
        IdleTimeoutSeconds = record.IdleSeconds,
        Outcome = record.Outcome,
        EndedAt = record.EndedAt,
        Escalation = record.Escalation,
    };
}
