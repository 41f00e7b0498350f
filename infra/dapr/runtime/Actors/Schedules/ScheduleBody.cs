using System.Text.Json;

namespace Agents.LocalRuntime.Actors.Schedules;

/// <summary>The body by which an actor registers a timer or a reminder; times as they were written.</summary>
/// <param name="Data">JSON, passed on unchanged, or null.</param>
/// <param name="Callback">Only timers have one.</param>
/// <param name="Overwrite">Only reminders know it.</param>
internal sealed record ScheduleBody(string DueTime, string Period, string Ttl, byte[]? Data, string Callback, bool Overwrite)
{
    /// <summary>Member names in any case, unknown ones ignored, null for absent, as Go reads them.</summary>
    /// <exception cref="JsonException">The body is no JSON object of this shape.</exception>
    public static ScheduleBody Read(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Null) return new("", "", "", null, "", true);
        if (root.ValueKind != JsonValueKind.Object) throw Wrong(root, "CreateReminderRequest");
        var (due, period, ttl, callback, overwrite) = ("", "", "", "", true);
        byte[]? data = null;
        foreach (var member in root.EnumerateObject())
        {
            switch (member.Name.ToLowerInvariant())
            {
                case "duetime":
                    due = Text(member.Value);
                    break;
                case "period":
                    period = Text(member.Value);
                    break;
                case "ttl":
                    ttl = Text(member.Value);
                    break;
                case "callback":
                    callback = Text(member.Value);
                    break;
                case "overwrite" when member.Value.ValueKind != JsonValueKind.Null:
                    overwrite = member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? member.Value.GetBoolean() : throw Wrong(member.Value, "bool");
                    break;
                case "data" when member.Value.ValueKind != JsonValueKind.Null:
                    data = System.Text.Encoding.UTF8.GetBytes(member.Value.GetRawText());
                    break;
            }
        }

        return new(due, period, ttl, data, callback, overwrite);
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => "",
        _ => throw Wrong(value, "string"),
    };

    private static JsonException Wrong(JsonElement value, string wanted) =>
        new($"json: cannot unmarshal {value.ValueKind.ToString().ToLowerInvariant()} into Go value of type {wanted}");
}
