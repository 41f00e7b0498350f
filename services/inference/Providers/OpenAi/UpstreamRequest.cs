using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Agents.Inference.Completions;
using Agents.Inference.Embeddings;

namespace Agents.Inference.Providers.OpenAi;

/// <summary>The caller's document as the provider gets it: byte for byte, but for the model's name, the wish for usage, and a limit.</summary>
internal static class UpstreamRequest
{
    public static ReadOnlyMemory<byte> Chat(ChatRequest request, string model, int? maxTokens) =>
        Compose(request.Root, request.Json.Length, model, request.Stream, maxTokens);

    public static ReadOnlyMemory<byte> Embeddings(EmbeddingRequest request, string model) =>
        Compose(request.Root, request.Json.Length, model, stream: false, maxTokens: null);

    private static ReadOnlyMemory<byte> Compose(JsonElement root, int length, string model, bool stream, int? maxTokens)
    {
        var output = new ArrayBufferWriter<byte>(length + 128);
        var separator = (byte)'{';
        var options = false;
        foreach (var member in root.EnumerateObject())
        {
            output.Write([separator]);
            separator = (byte)',';
            output.Write("\""u8);
            output.Write(JsonMarshal.GetRawUtf8PropertyName(member));
            output.Write("\":"u8);
            if (member.NameEquals("model"u8))
            {
                WriteText(output, model);
            }
            else if (stream && member.NameEquals("stream_options"u8) && member.Value.ValueKind == JsonValueKind.Object)
            {
                WriteOptions(output, member.Value);
                options = true;
            }
            else if (stream && member.NameEquals("stream_options"u8))
            {
                output.Write("{\"include_usage\":true}"u8);
                options = true;
            }
            else
            {
                output.Write(JsonMarshal.GetRawUtf8Value(member.Value));
            }
        }
        if (stream && !options)
            output.Write(",\"stream_options\":{\"include_usage\":true}"u8);
        if (maxTokens is { } limit)
        {
            output.Write(",\"max_completion_tokens\":"u8);
            var span = output.GetSpan(16);
            limit.TryFormat(span, out var written, provider: System.Globalization.CultureInfo.InvariantCulture);
            output.Advance(written);
        }
        output.Write("}"u8);
        return output.WrittenMemory;
    }

    private static void WriteOptions(ArrayBufferWriter<byte> output, JsonElement options)
    {
        output.Write("{\"include_usage\":true"u8);
        foreach (var member in options.EnumerateObject().Where(member => !member.NameEquals("include_usage"u8)))
        {
            output.Write(",\""u8);
            output.Write(JsonMarshal.GetRawUtf8PropertyName(member));
            output.Write("\":"u8);
            output.Write(JsonMarshal.GetRawUtf8Value(member.Value));
        }
        output.Write("}"u8);
    }

    private static void WriteText(ArrayBufferWriter<byte> output, string text)
    {
        output.Write("\""u8);
        output.Write(JsonEncodedText.Encode(text).EncodedUtf8Bytes);
        output.Write("\""u8);
    }
}
