using System.Text.Json.Serialization;

namespace Agents.Conversation.Turns;

/// <summary>What happens in a turn, in order, as clients see it: <c>event</c> is the name, the record is the <c>data</c>.</summary>
internal abstract record TurnEvent([property: JsonIgnore] string Name)
{
    public required string TurnId { get; init; }

    /// <summary>Whether nothing comes after it.</summary>
    [JsonIgnore]
    public bool Last => this is Ended;

    internal sealed record Started(string SessionId) : TurnEvent("turn.started");

    internal sealed record Delta(string Text) : TurnEvent("turn.delta");

    internal sealed record Cited(int Index, string DocumentId, string CollectionId, string ChunkId, string Title, int Passage, string Text)
        : TurnEvent("turn.citation");

    internal abstract record Ended(string Name) : TurnEvent(Name);

    internal sealed record Completed(TurnUsage Usage, int TtftMs, int DurationMs, string? TraceId, bool WithoutSources) : Ended("turn.completed");

    internal sealed record Failed(TurnError Error, string? TraceId) : Ended("turn.failed");
}
