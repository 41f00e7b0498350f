using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dapr.Actors;

/// <summary>Tells the actors of one type apart; case matters. In JSON it is a plain string.</summary>
[JsonConverter(typeof(JsonText))]
public class ActorId
{
    private readonly string _id;

    /// <summary>Creates the id.</summary>
    /// <exception cref="ArgumentException">The text is null, empty or blank.</exception>
    public ActorId(string id)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        _id = id;
    }

    /// <summary>Creates an id nobody has used.</summary>
    public static ActorId CreateRandom() => new(Guid.CreateVersion7().ToString("N"));

    /// <summary>The id as text.</summary>
    public string GetId() => _id;

    /// <summary>The id as text.</summary>
    public override string ToString() => _id;

    /// <inheritdoc />
    public override int GetHashCode() => _id.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as ActorId);

    /// <summary>Whether both name the same actor of a type.</summary>
    public bool Equals(ActorId? other) => other is not null && _id == other._id;

    /// <summary>Orders ids by their text.</summary>
    public int CompareTo(ActorId? other) => string.CompareOrdinal(_id, other?._id);

    private sealed class JsonText : JsonConverter<ActorId>
    {
        public override ActorId? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetString() is { Length: > 0 } id ? new ActorId(id) : null;

        public override void Write(Utf8JsonWriter writer, ActorId value, JsonSerializerOptions options) => writer.WriteStringValue(value._id);
    }
}
