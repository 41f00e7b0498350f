using System.Text.Json;
using Agents.Conversation.Guardrails;

namespace Agents.Conversation.Catalog;

/// <summary>What an agent does when what it depends on is away.</summary>
public enum Degrade
{
    /// <summary>Answer 503 with Retry-After.</summary>
    Refuse,

    /// <summary>When retrieval is away, answer without sources, marked as such. When no model answers, refuse.</summary>
    WithoutSources,

    /// <summary>When no model answers or the budget is spent, answer with sentences of the passages. When retrieval is away, answer without sources.</summary>
    Extractive,

    /// <summary>When retrieval or every model is away, or the budget is spent, answer with <see cref="Agent.DegradeMessage"/>.</summary>
    Message,
}

/// <summary>A version of an agent: who answers, from what, with which model. A version never changes; which one is live does.</summary>
/// <param name="Id"><c>agent_...</c>, or <c>default</c>.</param>
/// <param name="Version">From 1.</param>
/// <param name="Model">A model id or alias; <c>default</c> leaves the choice to the gateway.</param>
/// <param name="Collections">What it may search: null every collection of the tenant, empty none.</param>
/// <param name="Lane">The lane of its jobs.</param>
public sealed record Agent(
    string Id, int Version, string Name, string Instructions, string Model, IReadOnlyList<string>? Collections, string Lane, Degrade Degrade,
    DateTimeOffset CreatedAt)
{
    /// <summary>What is said instead of an answer.</summary>
    public string? DegradeMessage { get; init; }

    public IReadOnlyList<ToolSpec> Tools { get; init; } = [];

    public GuardrailPolicy Guardrails { get; init; } = new();

    public MemoryPolicy Memory { get; init; } = new();

    public EscalationPolicy Escalation { get; init; } = new();

    /// <summary>Who judges its answers; null for nobody.</summary>
    public JudgePolicy? Judge { get; init; }

    /// <summary>The version that answers now; only where the agent is shown.</summary>
    public int? LiveVersion { get; init; }

    /// <summary>As the API shows it: the values of headers, which may be secrets, are not given out again.</summary>
    internal Agent Shown() => this with
    {
        Tools = [.. Tools.Select(tool => tool.Headers is { } headers ? tool with { Headers = headers.ToDictionary(header => header.Key, _ => "***") } : tool)],
    };
}

/// <summary>How an agent remembers a dialogue; tokens are estimated at four characters each.</summary>
/// <param name="Kind"><c>session</c> (default): a session is forgotten after an hour of silence; <c>long</c>: after 30 days. The session may say otherwise.</param>
/// <param name="WindowTokens">What a prompt repeats of the dialogue, all in all: 200 to 8,000; default 3,000. The latest exchanges come word for word.</param>
/// <param name="Summary">Whether what lies before the window is summed up; default true.</param>
/// <param name="SummaryModel">The model that sums up; absent: telling sentences are taken as they are, which costs nothing.</param>
/// <param name="Recall">Pieces of what was said before that, found again because they fit the question: 0 to 16; default 8.</param>
public sealed record MemoryPolicy(MemoryKind Kind = MemoryKind.Session, int WindowTokens = 3_000, bool Summary = true, string? SummaryModel = null, int Recall = 8);

/// <inheritdoc cref="MemoryPolicy"/>
public enum MemoryKind
{
    Session,
    Long,
}

/// <summary>When a person is called in without the user asking for it.</summary>
/// <param name="OnFailure">When a turn fails, or is answered by the agent's <c>degrade</c> policy; default false.</param>
/// <param name="OnNoSources">When an agent that has documents names none in its answer; default false.</param>
/// <param name="Phrases">At most 32 phrases in a question that ask for a person, such as "speak to a human".</param>
/// <param name="MinGroundedness">When a smaller share of the answer's words than this, 0 to 1, is found in the passages that it was given.</param>
/// <param name="Webhook">An http or https address that is told when an escalation is opened or resolved.</param>
/// <param name="Message">What the agent says while a person has taken over, at most 2,000 characters.</param>
public sealed record EscalationPolicy(
    bool OnFailure = false, bool OnNoSources = false, IReadOnlyList<string>? Phrases = null, double? MinGroundedness = null, string? Webhook = null,
    string? Message = null);

/// <summary>Has a model judge how far answers are borne out by their passages, beside the count of words that every answer gets.</summary>
/// <param name="Model">A model id or alias.</param>
/// <param name="Share">Of the answers that have passages, 0 to 1; default 0.05.</param>
public sealed record JudgePolicy(string Model, double Share = 0.05);

/// <inheritdoc cref="ToolSpec"/>
public enum ToolType
{
    /// <summary>The model searches the agent's collections itself.</summary>
    Retrieval,

    /// <summary>An HTTP request.</summary>
    Http,

    /// <summary>An event that is published, and the reply to it.</summary>
    Event,

    /// <summary>The tools of an MCP server.</summary>
    Mcp,
}

/// <summary>Something that the agent may let its model use.</summary>
/// <param name="Name">As the model names it: 1 to 64 letters, digits, <c>_</c> or <c>-</c>. Of an MCP server: put before its tools' names.</param>
/// <param name="Description">What it is for, as the model reads it.</param>
/// <param name="Parameters">JSON Schema of the arguments.</param>
/// <param name="Url">http: where to; <c>{name}</c> in path and query stands for an argument. mcp: the server.</param>
/// <param name="Method">http: GET, POST (default), PUT, PATCH or DELETE. What the URL does not take goes into the body, except with GET and DELETE.</param>
/// <param name="Headers">http, mcp: at most 16 headers that each request carries; shown as <c>***</c>.</param>
/// <param name="Repeatable">http: whether the same request with the same Idempotency-Key has one effect. Default: GET alone.</param>
/// <param name="TimeoutSeconds">1 to 60; default 15.</param>
/// <param name="Allow">mcp: the tools that may be used; required, at most 32.</param>
/// <param name="EventType">event: the CloudEvent's type.</param>
public sealed record ToolSpec(
    ToolType Type, string? Name = null, string? Description = null, JsonElement? Parameters = null, string? Url = null, string? Method = null,
    IReadOnlyDictionary<string, string>? Headers = null, bool? Repeatable = null, int? TimeoutSeconds = null, IReadOnlyList<string>? Allow = null,
    string? EventType = null);
