using System.Text.Json;
using Agents.Defaults.Errors;
using Agents.Inference.Deployments;

namespace Agents.Inference.Completions;

/// <summary>
/// Reads the body of a chat request and refuses, by <see cref="ProblemException"/>, what no provider could answer.
/// </summary>
internal static class ChatRequestReader
{
    public const int MaxMessages = 1_000;
    public const int MaxChoices = 8;
    private const int MaxRoleLength = 32;

    public static async Task<ChatRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken) =>
        Parse(await RequestBody.ReadAsync(request, cancellationToken));

    internal static ChatRequest Parse(ReadOnlyMemory<byte> json) => RequestBody.Parse(json, Read);

    private static ChatRequest Read(JsonDocument document, ReadOnlyMemory<byte> json)
    {
        var root = document.RootElement;
        var model = root.Text("model", "model").GetString()!;
        if (model.Length is 0 or > Names.MaxLength)
            throw RequestBody.Invalid("model", $"model must have 1 to {Names.MaxLength} characters.");
        var stream = root.Flag("stream", "stream") ?? false;
        return new ChatRequest(document, json)
        {
            Model = model,
            Stream = stream,
            IncludeUsage = WantsUsage(root) && stream,
            Choices = root.Number("n", MaxChoices) ?? 1,
            MaxTokens = root.Number("max_completion_tokens", int.MaxValue) ?? root.Number("max_tokens", int.MaxValue),
            OtherParts = CheckMessages(root),
        };
    }

    private static bool WantsUsage(JsonElement root)
    {
        if (!root.TryGetProperty("stream_options"u8, out var options) || options.ValueKind == JsonValueKind.Null)
            return false;
        return options.ValueKind == JsonValueKind.Object
            ? options.Flag("include_usage", "stream_options.include_usage") ?? false
            : throw RequestBody.Invalid("stream_options", "stream_options must be an object.");
    }

    /// <returns>How many parts of messages are not text.</returns>
    private static int CheckMessages(JsonElement root)
    {
        if (!root.TryGetProperty("messages"u8, out var messages) || messages.ValueKind != JsonValueKind.Array)
            throw RequestBody.Invalid("messages", "messages is required and must be a list.");
        var count = messages.GetArrayLength();
        if (count is 0 or > MaxMessages)
            throw RequestBody.Invalid("messages", $"messages has {count} items; 1 to {MaxMessages} are accepted.");
        var others = 0;
        var index = 0;
        foreach (var message in messages.EnumerateArray())
            others += CheckMessage(message, index++);
        return others;
    }

    private static int CheckMessage(JsonElement message, int index)
    {
        if (message.ValueKind != JsonValueKind.Object)
            throw RequestBody.Invalid($"messages[{index}]", "A message must be an object.");
        if (!message.TryGetProperty("role"u8, out var role) || role.ValueKind != JsonValueKind.String)
            throw RequestBody.Invalid($"messages[{index}].role", $"messages[{index}].role is required and must be a text.");
        if (role.GetString()!.Length is 0 or > MaxRoleLength)
            throw RequestBody.Invalid($"messages[{index}].role", $"A role must have 1 to {MaxRoleLength} characters.");
        if (!message.TryGetProperty("content"u8, out var content))
            return 0;
        return content.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.String => 0,
            JsonValueKind.Array => content.EnumerateArray().Select((part, n) => CheckPart(part, $"messages[{index}].content[{n}]")).Sum(),
            _ => throw RequestBody.Invalid($"messages[{index}].content", $"messages[{index}].content is required and must be a text."),
        };
    }

    private static int CheckPart(JsonElement part, string field)
    {
        if (part.ValueKind != JsonValueKind.Object)
            throw RequestBody.Invalid(field, "A part of a content must be an object.");
        if (!part.Text("type", $"{field}.type").ValueEquals("text"u8))
            return 1;
        part.Text("text", $"{field}.text");
        return 0;
    }
}
