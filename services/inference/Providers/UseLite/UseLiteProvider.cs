using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Agents.Defaults.Errors;
using Agents.Inference.Embeddings;

namespace Agents.Inference.Providers.UseLite;

/// <summary>Embeddings in this process, without key and network: English, 512 dimensions, up to 128 tokens a text.</summary>
/// <param name="id">What the answer names as its model.</param>
internal sealed class UseLiteProvider(string id, UseLiteModel model) : IEmbeddingProvider
{
    /// <summary>Characters of a text, read or not.</summary>
    public const int MaxTextLength = 32_768;

    private static readonly JsonTypeInfo<float[]> Floats = JsonTypeInfo.CreateJsonTypeInfo<float[]>(JsonSerializerOptions.Default);

    public async Task<JsonObject> EmbedAsync(EmbeddingRequest request, CancellationToken cancellationToken)
    {
        var tokens = Tokens(request, cancellationToken);
        var vectors = await model.EmbedAsync(tokens, cancellationToken);
        var data = vectors.Select((vector, index) => (JsonNode)new JsonObject
        {
            ["object"] = "embedding",
            ["index"] = index,
            ["embedding"] = request.Base64 ? Convert.ToBase64String(MemoryMarshal.AsBytes<float>(vector)) : JsonValue.Create(vector, Floats),
        });
        var count = tokens.Sum(text => Math.Min(text.Length, Encoder.MaxTokens));
        return new JsonObject
        {
            ["object"] = "list",
            ["data"] = new JsonArray([.. data]),
            ["model"] = id,
            ["usage"] = new JsonObject { ["prompt_tokens"] = count, ["total_tokens"] = count },
        };
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
