using System.Text.Json;
using System.Text.Json.Serialization;
using Agents.Conversation.Turns.Logs;
using Agents.Defaults.Api;

namespace Agents.Conversation.Turns;

/// <summary>
/// What happens in a turn, in order, as clients see it: the event is <c>turn.</c> and the name, its data the record with <c>turn_id</c>.
/// </summary>
internal abstract record TurnEvent([property: JsonIgnore] string Name)
{
    internal sealed record Started(string SessionId) : TurnEvent("started");

    /// <summary>The text starts over: what was sent of it so far is void.</summary>
    /// <param name="Reason"><c>replica_lost</c>, <c>model_lost</c> or <c>degraded</c>.</param>
    internal sealed record Restarted(string Reason) : TurnEvent(EventName)
    {
        public const string EventName = "restarted";
    }

    internal sealed record Delta(string Text) : TurnEvent(EventName)
    {
        public const string EventName = "delta";
    }

    internal sealed record Cited(int Index, string DocumentId, string CollectionId, string ChunkId, string Title, int Passage, string Text)
        : TurnEvent(EventName)
    {
        public const string EventName = "citation";
    }

    /// <summary>A tool is called, or has ended.</summary>
    /// <param name="Status"><c>started</c>, <c>done</c> or <c>failed</c>.</param>
    internal sealed record Tool(string ToolCallId, string ToolName, string Status) : TurnEvent(EventName)
    {
        public const string EventName = "tool";
    }

    internal sealed record Completed(TurnUsage Usage, int TtftMs, int DurationMs, string? TraceId, bool WithoutSources, MemoryUse? Memory)
        : TurnEvent(EventName)
    {
        public const string EventName = "completed";

        public Degradation? Degraded { get; init; }
    }

    internal sealed record Failed(TurnError Error, TurnUsage? Usage, int? TtftMs, int DurationMs, string? TraceId) : TurnEvent(EventName)
    {
        public const string EventName = "failed";
    }

    /// <param name="Reason"><c>requested</c>, or <c>interrupted</c> by a later turn.</param>
    internal sealed record Cancelled(string Reason) : TurnEvent(EventName)
    {
        public const string EventName = "cancelled";
    }
}

/// <summary>What the service itself needs of a turn's end; not shown to clients.</summary>
/// <param name="CallIds">The model calls of the last attempt.</param>
/// <param name="Passages">Chunk ids that the model was given.</param>
/// <param name="Groundedness">How much of the answer they bear out, 0 to 1.</param>
internal sealed record TurnTrail(IReadOnlyList<string> CallIds, IReadOnlyList<string> Passages, double? Groundedness = null)
{
    /// <summary>What the last entry of a log holds.</summary>
    public static TurnTrail Of(TurnEntry last) => last.Inside?.Deserialize<TurnTrail>(Json.Options) ?? new TurnTrail([], []);
}
