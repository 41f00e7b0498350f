using System.Buffers;
using System.Text.Json;
using Agents.LocalRuntime.Apps;

namespace Agents.LocalRuntime.Http;

/// <summary>One request to a sidecar: what every endpoint needs.</summary>
internal sealed class ApiRequest(HttpContext http, Sidecar sidecar, RequestPath path, RequestTrace trace)
{
    public HttpContext Http => http;

    public Sidecar Sidecar => sidecar;

    public RequestPath Path => path;

    public RequestTrace Trace => trace;

    public string Method => http.Request.Method;

    public CancellationToken Aborted => http.RequestAborted;

    /// <summary>daprd takes POST and PUT as the same where something is written.</summary>
    public bool IsWrite => HttpMethods.IsPost(Method) || HttpMethods.IsPut(Method);

    public bool IsGet => HttpMethods.IsGet(Method);

    public bool IsDelete => HttpMethods.IsDelete(Method);

    /// <summary>Query parameters <c>metadata.key=value</c>; the first value counts.</summary>
    public Dictionary<string, string>? QueryMetadata()
    {
        if (!http.Request.QueryString.HasValue) return null;
        Dictionary<string, string>? metadata = null;
        foreach (var (name, values) in http.Request.Query)
        {
            if (!name.StartsWith("metadata.", StringComparison.Ordinal)) continue;
            metadata ??= new(StringComparer.OrdinalIgnoreCase);
            metadata.TryAdd(name[9..], values[0] ?? "");
        }

        return metadata;
    }

    /// <summary>The whole body.</summary>
    /// <exception cref="BodyTooLargeException">It is larger than the sidecar's max-body-size.</exception>
    public async ValueTask<byte[]> ReadBodyAsync()
    {
        var limit = sidecar.Spec.MaxBodySize;
        if (http.Request.ContentLength > limit) throw new BodyTooLargeException();
        var reader = http.Request.BodyReader;
        ArrayBufferWriter<byte>? collected = null;
        while (true)
        {
            var read = await reader.ReadAsync(Aborted);
            var buffer = read.Buffer;
            if (buffer.Length + (collected?.WrittenCount ?? 0) > limit)
            {
                reader.AdvanceTo(buffer.End);
                throw new BodyTooLargeException();
            }

            if (read.IsCompleted && collected is null)
            {
                var whole = buffer.ToArray();
                reader.AdvanceTo(buffer.End);
                return whole;
            }

            collected ??= new();
            foreach (var segment in buffer) collected.Write(segment.Span);
            reader.AdvanceTo(buffer.End);
            if (read.IsCompleted) return collected.WrittenSpan.ToArray();
        }
    }

    public void NoContent() => http.Response.StatusCode = StatusCodes.Status204NoContent;

    /// <summary>Sends a body that is JSON already.</summary>
    public async Task JsonAsync(ReadOnlyMemory<byte> body, int status = StatusCodes.Status200OK)
    {
        var response = http.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body, Aborted);
    }

    public Task JsonAsync<T>(T value, JsonSerializerOptions options) => JsonAsync(JsonSerializer.SerializeToUtf8Bytes(value, options));

    public Task ErrorAsync(ApiException error) => JsonAsync(ErrorBody.Write(error), error.Status);
}

/// <summary>The request body is larger than max-body-size. Each API gives it another status.</summary>
internal sealed class BodyTooLargeException() : Exception("stream too large");
