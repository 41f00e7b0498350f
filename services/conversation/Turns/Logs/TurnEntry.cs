using System.Text.Json;
using System.Text.Json.Serialization;
using Agents.Defaults.Api;

namespace Agents.Conversation.Turns.Logs;

/// <summary>What happened in a turn, as its log keeps it.</summary>
/// <param name="Name">Such as <c>delta</c>: the event's name without <c>turn.</c>.</param>
/// <param name="Data">What clients see.</param>
/// <param name="Fence">Raised by one each time the turn changed hands.</param>
/// <param name="Inside">What only the service needs to go on from here; never sent to clients.</param>
internal sealed record TurnEntry(
    [property: JsonPropertyName("e")] string Name,
    [property: JsonPropertyName("d")] JsonElement Data,
    [property: JsonPropertyName("f"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Fence = 0,
    [property: JsonPropertyName("x")] JsonElement? Inside = null)
{
    public static TurnEntry Of(TurnEvent happened, long fence, object? inside = null) => new(
        happened.Name, Element(happened), (int)fence, inside is null ? null : Element(inside));

    /// <summary>Whether nothing comes after it.</summary>
    [JsonIgnore]
    public bool Last => Name is TurnEvent.Completed.EventName or TurnEvent.Failed.EventName or TurnEvent.Cancelled.EventName;

    public T Read<T>() => Data.Deserialize<T>(Json.Options)!;

    private static JsonElement Element(object value) => JsonSerializer.SerializeToElement(value, value.GetType(), Json.Options);
}

/// <summary>An entry at its place in the log.</summary>
internal readonly record struct TurnFrame(long Sequence, TurnEntry Entry)
{
    private const int PlaceBits = 20;

    /// <summary>The id of the server-sent event: fence x 2^20 + place from 1. It grows along the log and never stands for anything else.</summary>
    public long Id => ((long)Entry.Fence << PlaceBits) + Sequence + 1;

    /// <summary>Where a client goes on that has seen this id. Only what is in the log is ever sent, so the place is enough.</summary>
    public static long After(long id) => id & ((1L << PlaceBits) - 1);
}
