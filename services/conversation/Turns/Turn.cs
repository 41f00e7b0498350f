using System.Text.Json.Serialization;

namespace Agents.Conversation.Turns;

/// <summary>Where a turn stands.</summary>
public enum TurnStatus
{
    Running,
    Completed,
    Failed,
}

/// <summary>A question and what became of it.</summary>
/// <param name="Output">Present once completed.</param>
/// <param name="Error">Present once failed: the turn can be asked again.</param>
/// <param name="TtftMs">Milliseconds from acceptance to the first token.</param>
/// <param name="DurationMs">Milliseconds from acceptance to the end.</param>
/// <param name="TraceId">Finds the turn in traces and logs.</param>
public sealed record Turn(
    string Id, string SessionId, TurnStatus Status, string Input, TurnOutput? Output, TurnError? Error, TurnUsage? Usage, int? TtftMs,
    int? DurationMs, string? TraceId, DateTimeOffset CreatedAt);

/// <summary>An answer.</summary>
/// <param name="Citations">The passages it names as <c>[n]</c>, in order of first mention.</param>
/// <param name="WithoutSources">True when retrieval was away and the agent's policy is to answer all the same.</param>
public sealed record TurnOutput(string Text, IReadOnlyList<Citation> Citations, bool WithoutSources = false);

/// <summary>A passage that the answer names.</summary>
/// <param name="Index">The <c>n</c> of <c>[n]</c> in the text.</param>
/// <param name="Passage">Its place in the document, from 1.</param>
public sealed record Citation(int Index, string DocumentId, string CollectionId, string ChunkId, string Title, int Passage, string Text);

/// <summary>Why a turn failed: a stable code, and a sentence that is safe to show.</summary>
public sealed record TurnError(string Code, string Message, bool Retryable);

/// <summary>What a turn used, summed over its model calls; money in micro-units.</summary>
public sealed record TurnUsage(
    int PromptTokens, int CompletionTokens,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long CostMicros);
