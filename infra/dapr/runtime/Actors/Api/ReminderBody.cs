using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Agents.LocalRuntime.Actors.Schedules;

namespace Agents.LocalRuntime.Actors.Api;

/// <summary>A reminder as its GET answers it; empty members are left out.</summary>
internal static class ReminderBody
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Write(Reminder reminder)
    {
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("actorID", reminder.Actor.Id);
        json.WriteString("actorType", reminder.Actor.Type);
        if (reminder.Data is not null)
        {
            json.WritePropertyName("data");
            json.WriteRawValue(reminder.Data, skipInputValidation: true);
        }

        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("dueTime", reminder.DueTime), ("period", reminder.EveryText), ("ttl", reminder.Ttl)])
        {
            if (value.Length > 0) json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
        return output.WrittenMemory;
    }
}
