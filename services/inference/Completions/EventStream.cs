using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Defaults.Errors;

namespace Agents.Inference.Completions;

/// <summary>Server-sent events to one client: written frame by frame, sent off by <see cref="FlushAsync"/>.</summary>
internal sealed class EventStream(HttpResponse response)
{
    private readonly System.IO.Pipelines.PipeWriter _output = response.BodyWriter;

    public void Begin()
    {
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no";
    }

    /// <summary>A frame whose data are these bytes, one after the other; they hold no line break.</summary>
    public void Write(ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> rest = default)
    {
        var span = _output.GetSpan(data.Length + rest.Length + 8);
        "data: "u8.CopyTo(span);
        data.Span.CopyTo(span[6..]);
        rest.Span.CopyTo(span[(6 + data.Length)..]);
        "\n\n"u8.CopyTo(span[(6 + data.Length + rest.Length)..]);
        _output.Advance(data.Length + rest.Length + 8);
    }

    public void WriteDone() => _output.Write("data: [DONE]\n\n"u8);

    /// <summary>Tells in the stream itself what went wrong: the status line has long been sent. Nothing follows.</summary>
    public void WriteError(Problem problem) => Write(JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["error"] = new JsonObject
        {
            ["message"] = problem.Detail,
            ["type"] = "server_error",
            ["param"] = null,
            ["code"] = problem.Code,
        },
    }));

    /// <summary>A comment, which clients skip and proxies count as life.</summary>
    public void WriteKeepAlive() => _output.Write(": \n\n"u8);

    public async ValueTask FlushAsync(CancellationToken cancellationToken) => await _output.FlushAsync(cancellationToken);
}
