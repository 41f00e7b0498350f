using System.Globalization;
using System.Text.Json;
using Agents.Defaults.Api;
using Agents.Defaults.Identity;

namespace Agents.Analytics.Archive;

/// <summary>Reads a delivered CloudEvent: enough to archive it. Whether its type is known is decided when it is folded, by the version that folds.</summary>
internal static class Envelope
{
    private const int MaxLength = 256;

    /// <summary>The largest event that is kept, as JSON in UTF-8; larger than any message may be that a service publishes.</summary>
    public const int MaxBytes = 60 * 1024;

    // Clocks of machines differ; a publisher that is further ahead would put figures where nobody looks.
    private static readonly TimeSpan MaxAhead = TimeSpan.FromHours(1);

    /// <summary>The event, or an <see cref="ArchivedEvent.Unreadable"/> one in its place.</summary>
    public static ArchivedEvent Read(JsonElement message, DateTimeOffset received)
    {
        if (Text(message, "id") is { } id && Text(message, "type") is { } type && type != ArchivedEvent.Unreadable
            && Member(message, "data") is { } data && Text(data, "tenant") is { } tenant && Time(data) is { } time && time - received < MaxAhead)
        {
            var read = new ArchivedEvent(id, type, tenant, time, received, data);
            if (JsonSerializer.SerializeToUtf8Bytes(read, Json.Options).Length <= MaxBytes)
                return read;
        }
        return new ArchivedEvent(Ids.Hash(message.GetRawText()), ArchivedEvent.Unreadable, Caller.OperatorTenant, received, received, null);
    }

    private static JsonElement? Member(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var member) ? member : null;

    private static string? Text(JsonElement from, string name) =>
        Member(from, name) is { ValueKind: JsonValueKind.String } member && member.GetString() is { Length: > 0 and <= MaxLength } text ? text : null;

    private static DateTimeOffset? Time(JsonElement data) =>
        Text(data, "time") is { } text
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : null;
}
