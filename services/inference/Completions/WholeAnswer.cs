using System.Buffers;

namespace Agents.Inference.Completions;

/// <summary>An answer in one document, with our cost in its usage.</summary>
internal static class WholeAnswer
{
    /// <summary>The bytes for the caller: the provider's, but for <c>usage</c>.</summary>
    public static ReadOnlyMemory<byte> Compose(AnswerDocument answer, ReadOnlyMemory<byte> usage)
    {
        var (before, after) = answer.WithoutUsage();
        // Ahead of the brace that ends the document.
        var open = after.IsEmpty ? before[..before.Span.LastIndexOf((byte)'}')] : before;
        var rest = after.IsEmpty ? after : after[..after.Span.LastIndexOf((byte)'}')];
        var output = new ArrayBufferWriter<byte>(open.Length + rest.Length + usage.Length + 16);
        output.Write(open.Span);
        output.Write(rest.Span);
        output.Write(",\"usage\":"u8);
        output.Write(usage.Span);
        output.Write("}"u8);
        return output.WrittenMemory;
    }

    public static ValueTask SendAsync(ReadOnlyMemory<byte> json, HttpResponse response, CancellationToken cancellationToken)
    {
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = json.Length;
        return response.Body.WriteAsync(json, cancellationToken);
    }
}
