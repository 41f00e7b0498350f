using System.Globalization;
using System.Text.Json;
using Agents.Defaults.Api;

namespace Agents.Conversation.Turns;

/// <summary>A turn as server-sent events: <c>id</c>, <c>event</c>, <c>data</c>; a comment every 10 s keeps the connection open.</summary>
internal sealed class TurnStream(LiveTurn live) : IResult
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    /// <summary>Whether the caller asked for a stream, in the body or by <c>Accept</c>.</summary>
    public static bool Wanted(HttpRequest request, bool? stream) =>
        stream ?? request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
        await response.WriteAsync("retry: 1000\n\n", httpContext.RequestAborted);
        var id = 0;
        await foreach (var happened in live.FollowAsync(Heartbeat, httpContext.RequestAborted))
        {
            var frame = happened is null
                ? ": still working\n\n"
                : string.Create(CultureInfo.InvariantCulture, $"id: {++id}\nevent: {happened.Name}\ndata: {Data(happened)}\n\n");
            await response.WriteAsync(frame, httpContext.RequestAborted);
            await response.Body.FlushAsync(httpContext.RequestAborted);
        }
    }

    private static string Data(TurnEvent happened) => JsonSerializer.Serialize(happened, happened.GetType(), Json.Options);
}
