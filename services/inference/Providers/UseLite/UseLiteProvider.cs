using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Agents.Defaults.Errors;
using Agents.Inference.Completions;
using Agents.Inference.Deployments;
using Agents.Inference.Embeddings;
using Agents.Inference.Resilience;
using Agents.Inference.Routing;

namespace Agents.Inference.Providers.UseLite;

/// <summary>Embeddings in this process, without key and network: English, 512 dimensions, up to 128 tokens a text.</summary>
internal sealed class UseLiteProvider(UseLiteModel model) : IEmbeddingProvider
{
    /// <summary>Characters of a text, read or not.</summary>
    public const int MaxTextLength = 32_768;

    public async Task<AnswerDocument> EmbedAsync(EmbeddingRequest request, Deployment deployment, Upstream upstream, Deadline deadline)
    {
        var tokens = Tokens(request, deadline.Token);
        var vectors = await model.EmbedAsync(tokens, deadline.Token);
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteString("object"u8, "list"u8);
            writer.WriteStartArray("data"u8);
            for (var i = 0; i < vectors.Length; i++)
                Write(writer, i, vectors[i], request.Base64);
            writer.WriteEndArray();
            writer.WriteString("model"u8, deployment.Id);
            writer.WriteStartObject("usage"u8);
            var count = tokens.Sum(text => Math.Min(text.Length, Encoder.MaxTokens));
            writer.WriteNumber("prompt_tokens"u8, count);
            writer.WriteNumber("total_tokens"u8, count);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        return AnswerDocument.Read(output.WrittenMemory);
    }

    private static void Write(Utf8JsonWriter writer, int index, float[] vector, bool base64)
    {
        writer.WriteStartObject();
        writer.WriteString("object"u8, "embedding"u8);
        writer.WriteNumber("index"u8, index);
        if (base64)
            writer.WriteBase64String("embedding"u8, MemoryMarshal.AsBytes<float>(vector));
        else
        {
            writer.WriteStartArray("embedding"u8);
            foreach (var value in vector)
                writer.WriteNumberValue(value);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    private int[][] Tokens(EmbeddingRequest request, CancellationToken cancellationToken)
    {
        if (request.Dimensions is { } dimensions && dimensions != Encoder.Width)
            throw Refused("dimensions", $"The vectors of this model have {Encoder.Width} dimensions; others cannot be had.");
        if (request.Texts is not { } texts)
            throw Refused("input", "This model takes text: the token numbers of other models mean nothing to it.");
        var tokens = new int[texts.Count][];
        for (var i = 0; i < tokens.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (texts[i].Length > MaxTextLength)
                throw Refused(request.Field(i), $"{request.Field(i)} has {texts[i].Length} characters; at most {MaxTextLength} are accepted.");
            tokens[i] = model.Tokenize(texts[i]);
            if (tokens[i].Length > Encoder.MaxTokens && !request.Truncate)
            {
                throw Refused(
                    request.Field(i), $"{request.Field(i)} has {tokens[i].Length} tokens; this model reads at most {Encoder.MaxTokens}. "
                        + "Split it, or send \"truncate\": true to embed its beginning.", "context_length_exceeded");
            }
        }
        return tokens;
    }

    private static ProviderException Refused(string field, string detail, string code = "invalid_request") =>
        new(Problem.Invalid(field, detail, code));
}
