using System.Text.Json;

namespace Dapr.Actors.Runtime;

/// <summary>What the sidecar says of a reminder, when it fires and when it is asked for.</summary>
/// <param name="Data">What was registered with it; empty when nothing was.</param>
/// <param name="DueTime">Negative when it is not told.</param>
/// <param name="Period">Negative when it is not told.</param>
internal sealed record FiredCall(byte[] Data, TimeSpan DueTime, TimeSpan Period)
{
    /// <summary>Reads a reminder.</summary>
    /// <exception cref="FormatException">The data is no Base64 text, or a duration cannot be read.</exception>
    public static FiredCall Read(JsonElement json) =>
        new(Bytes(json), ActorDuration.Read(Text(json, "dueTime")), ActorDuration.Read(Text(json, "period")));

    /// <summary>Reads the part of a timer that matters once it fires; its times may be dates, which are not read.</summary>
    /// <exception cref="FormatException">The data is no Base64 text, or there is no callback.</exception>
    public static (string Callback, byte[] Data) ReadTimer(JsonElement json)
    {
        var data = Bytes(json);
        return Text(json, "callback") is { Length: > 0 } callback
            ? (callback, data)
            : throw new FormatException("It names no callback.");
    }

    private static byte[] Bytes(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object) throw new FormatException("It is no JSON object.");
        if (!json.TryGetProperty("data", out var value) || value.ValueKind == JsonValueKind.Null) return [];
        return value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out var bytes)
            ? bytes
            : throw new FormatException("Its data is no Base64 text, and .NET actors take nothing else.");
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
