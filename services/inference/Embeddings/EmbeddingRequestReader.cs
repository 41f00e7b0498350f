using System.Text;
using System.Text.Json;
using Agents.Defaults.Errors;
using Agents.Inference.Completions;
using Agents.Inference.Deployments;

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

    internal static EmbeddingRequest Parse(ReadOnlyMemory<byte> json) => RequestBody.Parse(json, Read);

    private static EmbeddingRequest Read(JsonDocument document, ReadOnlyMemory<byte> json)
    {
        var root = document.RootElement;
        var model = root.Text("model", "model").GetString()!;
        if (model.Length is 0 or > Names.MaxLength)
            throw RequestBody.Invalid("model", $"model must have 1 to {Names.MaxLength} characters.");
        var (texts, count, bytes) = Input(root.TryGetProperty("input"u8, out var input) ? input : default);
        return new EmbeddingRequest(document, json)
        {
            Model = model,
            Texts = texts,
            Count = count,
            TextBytes = bytes,
            Base64 = IsBase64(root),
            Dimensions = root.Number("dimensions", MaxDimensions),
            Truncate = root.Flag("truncate", "truncate") ?? false,
        };
    }

    private static bool IsBase64(JsonElement root)
    {
        if (!root.TryGetProperty("encoding_format"u8, out var format) || format.ValueKind == JsonValueKind.Null)
            return false;
        return root.Text("encoding_format", "encoding_format").GetString() switch
        {
            "float" => false,
            "base64" => true,
            _ => throw RequestBody.Invalid("encoding_format", "encoding_format must be float or base64."),
        };
    }

    private static (IReadOnlyList<string>? Texts, int Count, long Bytes) Input(JsonElement input)
    {
        if (input.ValueKind != JsonValueKind.Array)
            return Texts([Text(input, "input")]);
        var count = input.GetArrayLength();
        if (count > 0 && input.EnumerateArray().All(IsToken))
            return (null, 1, (long)count * BytesPerToken);
        if (count is 0 or > MaxInputs)
            throw RequestBody.Invalid("input", $"input has {count} items; 1 to {MaxInputs} are accepted.");
        if (input.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Array && item.GetArrayLength() > 0 && item.EnumerateArray().All(IsToken)))
            return (null, count, input.EnumerateArray().Sum(tokens => (long)tokens.GetArrayLength() * BytesPerToken));
        return Texts([.. input.EnumerateArray().Select((item, index) => Text(item, $"input[{index}]"))]);
    }

    private static (IReadOnlyList<string>? Texts, int Count, long Bytes) Texts(string[] texts) =>
        (texts, texts.Length, texts.Sum(text => (long)Encoding.UTF8.GetByteCount(text)));

    private static string Text(JsonElement value, string field)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw RequestBody.Invalid(field, $"{field} is required and must be a text.");
        var text = value.GetString()!;
        return text.Length > 0 ? text : throw RequestBody.Invalid(field, $"{field} is empty; there is nothing to embed.");
    }

    private static bool IsToken(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var token) && token >= 0;
}
