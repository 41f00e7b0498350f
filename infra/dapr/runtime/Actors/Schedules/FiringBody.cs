using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Agents.LocalRuntime.Actors.Schedules;

/// <summary>What an app gets when a timer or a reminder fires.</summary>
internal static class FiringBody
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Times as they were written.</summary>
    public static byte[] OfTimer(ScheduleBody timer) => Write(timer.Data, timer.Callback, timer.DueTime, timer.Period);

    /// <summary>Since daprd's reminders live in its scheduler, their times arrive empty.</summary>
    public static byte[] OfReminder(byte[]? data) => Write(data, null, "", "");

    private static byte[] Write(byte[]? data, string? callback, string dueTime, string period)
    {
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        if (data is not null)
        {
            json.WritePropertyName("data");
            json.WriteRawValue(data, skipInputValidation: true);
        }

        if (callback is not null) json.WriteString("callback", callback);
        json.WriteString("dueTime", dueTime);
        json.WriteString("period", period);
        json.WriteEndObject();
        json.Flush();
        return output.WrittenSpan.ToArray();
    }
}
