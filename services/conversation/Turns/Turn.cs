using System.Text.Json.Serialization;
using Agents.Conversation.Feedback;
using Agents.Conversation.Guardrails;

namespace Agents.Conversation.Turns;

/// <summary>Where a turn stands.</summary>
public enum TurnStatus
{
    /// <summary>Waits for the turns before it.</summary>
    Queued,
    Running,
    Completed,
    Failed,
    Cancelled,
}

/// <summary>A question and what became of it.</summary>
/// <param name="Output">Present once completed; when failed or cancelled, the text until then, if there was any.</param>
/// <param name="Error">Present once failed: the turn can be asked again.</param>
/// <param name="TtftMs">Milliseconds from acceptance to the first token.</param>
/// <param name="DurationMs">Milliseconds from acceptance to the end.</param>
/// <param name="TraceId">Finds the turn in traces and logs.</param>
public sealed record Turn(
    string Id, string SessionId, TurnStatus Status, string Input, TurnOutput? Output, TurnError? Error, TurnUsage? Usage, int? TtftMs,
    int? DurationMs, string? TraceId, DateTimeOffset CreatedAt)
{
    /// <summary>The version of the agent that answers.</summary>
    public int? AgentVersion { get; init; }

    /// <summary>What the agent's guardrails found in the question; it is kept and passed on as they left it.</summary>
    public IReadOnlyList<GuardrailHit>? Guardrails { get; init; }

    /// <summary>What the session's memory gave to the prompt.</summary>
    public MemoryUse? Memory { get; init; }

    /// <summary>The person who spoke, in a turn without a question.</summary>
    public string? Operator { get; init; }

    /// <summary>What the user thought of the answer.</summary>
    public TurnFeedback? Feedback { get; init; }

    /// <summary>Whether it has come to its end.</summary>
    [JsonIgnore]
    public bool Ended => Status is not (TurnStatus.Queued or TurnStatus.Running);
}

/// <summary>An answer.</summary>
/// <param name="Citations">The passages it names as <c>[n]</c>, in order of first mention.</param>
/// <param name="WithoutSources">True when retrieval was away and the agent's policy is to answer all the same.</param>
public sealed record TurnOutput(string Text, IReadOnlyList<Citation> Citations, bool WithoutSources = false)
{
    /// <summary>Present when no model answered, but the agent's policy for that case.</summary>
    public Degradation? Degraded { get; init; }
}

/// <summary>An answer that is not the model's.</summary>
/// <param name="How"><c>extractive</c>: sentences of the passages; <c>message</c>: the agent's text for this case; <c>person</c>: a person has taken over and will answer.</param>
/// <param name="Cause">The code of the failure, such as <c>model_unavailable</c>, <c>budget_exceeded</c> or <c>retrieval_unavailable</c>.</param>
public sealed record Degradation(string How, string Cause);

/// <summary>A passage that the answer names.</summary>
/// <param name="Index">The <c>n</c> of <c>[n]</c> in the text.</param>
/// <param name="Passage">Its place in the document, from 1.</param>
public sealed record Citation(int Index, string DocumentId, string CollectionId, string ChunkId, string Title, int Passage, string Text);

/// <summary>Why a turn failed: a stable code, and a sentence that is safe to show.</summary>
public sealed record TurnError(string Code, string Message, bool Retryable);

/// <summary>What a turn used, summed over its model calls; money in micro-units.</summary>
public sealed record TurnUsage(
    int PromptTokens, int CompletionTokens,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long CostMicros)
{
    internal static TurnUsage None { get; } = new(0, 0, 0);

    internal TurnUsage Plus(TurnUsage other) =>
        new(PromptTokens + other.PromptTokens, CompletionTokens + other.CompletionTokens, CostMicros + other.CostMicros);
}

/// <summary>What the session's memory gave to a prompt; tokens are estimated at four characters each.</summary>
/// <param name="WindowTurns">Latest exchanges, word for word.</param>
/// <param name="RecalledTurns">Earlier turns of which something was found again because it fits the question.</param>
/// <param name="TokensSaved">How many tokens the whole history would have taken more.</param>
public sealed record MemoryUse(int WindowTurns, int RecalledTurns, int TokensSaved)
{
    /// <summary>Milliseconds that remembering took.</summary>
    public int Ms { get; init; }
}
