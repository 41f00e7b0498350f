using System.Text;
using System.Text.Json.Nodes;
using Agents.Defaults.Errors;
using Agents.Inference.Completions;
using Agents.Inference.Models;

namespace Agents.Inference.Embeddings;

/// <summary>
/// Reads the body of a request for embeddings and refuses, by <see cref="ProblemException"/>, what no provider could answer.
/// </summary>
internal static class EmbeddingRequestReader
{
    /// <summary>Inputs of one request, as with OpenAI.</summary>
    public const int MaxInputs = 2_048;

    private const int MaxDimensions = 65_536;
    private const int BytesPerToken = 4;

    public static async Task<EmbeddingRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken) =>
        Parse(await RequestBody.ReadAsync(request, cancellationToken));

    internal static EmbeddingRequest Parse(JsonObject document)
    {
        var model = document.Text("model", "model");
        if (model.Length is 0 or > ModelOptions.MaxIdLength)
            throw RequestBody.Invalid("model", $"model must have 1 to {ModelOptions.MaxIdLength} characters.");
        var base64 = document["encoding_format"] is not null && document.Text("encoding_format", "encoding_format") switch
        {
            "float" => false,
            "base64" => true,
            _ => throw RequestBody.Invalid("encoding_format", "encoding_format must be float or base64."),
        };
        var dimensions = document.Number("dimensions", MaxDimensions);
        var truncate = document.Flag("truncate", "truncate") ?? false;
        var (texts, count, bytes) = Input(document["input"]);
        return new EmbeddingRequest(document, model, texts, count, bytes, base64, dimensions, truncate);
    }

    private static (IReadOnlyList<string>? Texts, int Count, long Bytes) Input(JsonNode? input)
    {
        if (input is not JsonArray list)
            return Texts([Text(input, "input")]);
        if (list.Count > 0 && list.All(IsToken))
            return (null, 1, (long)list.Count * BytesPerToken);
        if (list.Count is 0 or > MaxInputs)
            throw RequestBody.Invalid("input", $"input has {list.Count} items; 1 to {MaxInputs} are accepted.");
        if (list.All(item => item is JsonArray { Count: > 0 } tokens && tokens.All(IsToken)))
            return (null, list.Count, list.Sum(tokens => (long)((JsonArray)tokens!).Count * BytesPerToken));
        return Texts([.. list.Select((item, index) => Text(item, $"input[{index}]"))]);
    }

    private static (IReadOnlyList<string>? Texts, int Count, long Bytes) Texts(string[] texts) =>
        (texts, texts.Length, texts.Sum(text => (long)Encoding.UTF8.GetByteCount(text)));

    private static string Text(JsonNode? node, string field)
    {
        if (node is not JsonValue value || !value.TryGetValue<string>(out var text))
            throw RequestBody.Invalid(field, $"{field} is required and must be a text.");
        return text.Length > 0 ? text : throw RequestBody.Invalid(field, $"{field} is empty; there is nothing to embed.");
    }

    private static bool IsToken(JsonNode? node) => node is JsonValue value && value.TryGetValue<int>(out var token) && token >= 0;
}
