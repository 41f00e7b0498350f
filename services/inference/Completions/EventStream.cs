using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Defaults.Errors;

namespace Agents.Inference.Completions;

/// <summary>Server-sent events to one client, each sent off as soon as it is written.</summary>
internal sealed class EventStream(HttpResponse response)
{
    // JSON inside an event stream is not HTML, and escaping every quote and umlaut triples some texts.
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public void Begin()
    {
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
    }

    public async Task SendAsync(JsonObject document, CancellationToken cancellationToken)
    {
        var output = response.BodyWriter;
        output.Write("data: "u8);
        await using (var json = new Utf8JsonWriter(output, Relaxed))
            document.WriteTo(json);
        output.Write("\n\n"u8);
        await output.FlushAsync(cancellationToken);
    }

    /// <summary>Tells in the stream itself what went wrong: the status line has long been sent. Nothing follows.</summary>
    public Task SendErrorAsync(Problem problem, CancellationToken cancellationToken) => SendAsync(
        new JsonObject
        {
            ["error"] = new JsonObject
            {
                ["message"] = problem.Detail,
                ["type"] = "server_error",
                ["param"] = null,
                ["code"] = problem.Code,
            },
        },
        cancellationToken);

    public Task SendDoneAsync(CancellationToken cancellationToken) => SendAsync("data: [DONE]\n\n", cancellationToken);

    /// <summary>A comment, which clients skip and proxies count as life.</summary>
    public Task SendKeepAliveAsync(CancellationToken cancellationToken) => SendAsync(": \n\n", cancellationToken);

    private async Task SendAsync(string text, CancellationToken cancellationToken)
    {
        await response.WriteAsync(text, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }
}
