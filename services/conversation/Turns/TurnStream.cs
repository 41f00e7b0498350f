using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Agents.Conversation.Sessions;
using Agents.Conversation.Turns.Logs;
using Agents.Conversation.Turns.Running;
using Agents.Defaults.Errors;

namespace Agents.Conversation.Turns;

/// <summary>
/// A turn as server-sent events: <c>id</c>, <c>event</c>, <c>data</c>; a comment after 10 s of silence keeps the connection open. Whoever
/// was cut off asks for the rest with the last id, of any replica, also after the turn's end.
/// </summary>
internal sealed class TurnStream(TurnFeed feed, SessionRecord session, string turn, long after = 0) : IResult
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    /// <summary>Whether the caller asked for a stream, in the body or by <c>Accept</c>.</summary>
    public static bool Wanted(HttpRequest request, bool? stream) =>
        stream ?? request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);

    /// <summary>The id of the last event that a client has seen: 0 for none, null when it is no such id.</summary>
    public static long? LastSeen(HttpRequest request, string? after)
    {
        var text = request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } header ? header : after;
        return text is null or "" ? 0 : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
    }

    public static Problem BadId { get; } = Problem.Invalid("after", "after, or Last-Event-ID, must be the id of an event of this turn.");

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
        await response.WriteAsync("retry: 1000\n\n", httpContext.RequestAborted);
        await response.Body.FlushAsync(httpContext.RequestAborted);
        await foreach (var frame in feed.FollowAsync(session, turn, TurnFrame.After(after), Heartbeat, httpContext.RequestAborted))
        {
            if (frame is { } happened)
                Write(response.BodyWriter, happened);
            else
                response.BodyWriter.Write(": still working\n\n"u8);
            await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
        }
    }

    private void Write(IBufferWriter<byte> output, TurnFrame frame)
    {
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {frame.Id}\nevent: turn.{frame.Entry.Name}\ndata: "), output);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("turn_id", turn);
            foreach (var property in frame.Entry.Data.EnumerateObject())
                property.WriteTo(json);
            json.WriteEndObject();
        }
        output.Write("\n\n"u8);
    }
}
