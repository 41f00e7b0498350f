using System.Globalization;
using System.Text.Json;
using Agents.Defaults.Api;
using Agents.Defaults.Identity;

namespace Agents.Analytics.Archive;

/// <summary>
/// Reads a delivered CloudEvent: enough to archive it. Whether its type is known is decided when it is folded, by the version that folds.
/// </summary>
internal static class Envelope
{
    /// <summary>How the types of such notes begin; the type that the message claims to have follows.</summary>
    public const string Unreadable = "unreadable";

    private const int MaxLength = 256;

    /// <summary>The largest message that is kept, as JSON in UTF-8; far more than any event needs, and less than an append to a ledger takes.</summary>
    public const int MaxBytes = 60 * 1024;

    // Clocks of machines differ; a publisher that is further ahead would put figures where nobody looks.
    private static readonly TimeSpan MaxAhead = TimeSpan.FromHours(1);

    /// <summary>How late an event may be and still count where it happened.</summary>
    public static readonly TimeSpan MaxBehind = TimeSpan.FromDays(30);

    /// <summary>The event, or a note in its place, so that a message which is no event of ours is counted instead of blocking its queue.</summary>
    public static ArchivedEvent Read(JsonElement message, DateTimeOffset received)
    {
        if (Bytes(message) is not { } bytes)
            return Note(null, null);
        var (id, type) = (Text(message, "id"), Text(message, "type"));
        return bytes <= MaxBytes && id is not null && type is not null && Member(message, "data") is { } data
            && Text(data, "tenant") is { } tenant && Time(data) is { } time && time - received < MaxAhead && received - time < MaxBehind
            ? new ArchivedEvent(id, type, tenant, time, received, data)
            : Note(id, type);

        ArchivedEvent Note(string? id, string? type) => new(
            id ?? Ids.Hash(message.GetRawText()), $"{Unreadable} {type ?? "message"}", Caller.OperatorTenant, received, received, null);
    }

    /// <summary>The size as UTF-8; null for what cannot be stored.</summary>
    private static int? Bytes(JsonElement message)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(message, Json.Options).Length;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Well-formed JSON can be nested too deep, or hold escapes that are no Unicode text.
            return null;
        }
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
