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

    public static async Task<ChatRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
            throw new ProblemException(new Problem(415, "unsupported_content_type", "Send the request as application/json."));
        if (request.ContentLength is { } length and > 0)
        {
            var body = new byte[length];
            await request.Body.ReadExactlyAsync(body, cancellationToken);
            return Parse(body);
        }
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, cancellationToken);
        return Parse(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
    }

    internal static ChatRequest Parse(ReadOnlyMemory<byte> json)
    {
        var document = StrictJson.Parse(json);
        try
        {
            return Read(document, json);
        }
        catch
        {
            document.Dispose();
            throw;
        }
    }

    private static ChatRequest Read(JsonDocument document, ReadOnlyMemory<byte> json)
    {
        var root = document.RootElement;
        var model = Text(root, "model", "model").GetString()!;
        if (model.Length is 0 or > Names.MaxLength)
            throw Invalid("model", $"model must have 1 to {Names.MaxLength} characters.");
        var stream = Flag(root, "stream", "stream") ?? false;
        return new ChatRequest(document, json)
        {
            Model = model,
            Stream = stream,
            IncludeUsage = WantsUsage(root) && stream,
            Choices = Number(root, "n", MaxChoices) ?? 1,
            MaxTokens = Number(root, "max_completion_tokens", int.MaxValue) ?? Number(root, "max_tokens", int.MaxValue),
            OtherParts = CheckMessages(root),
        };
    }

    private static bool WantsUsage(JsonElement root)
    {
        if (!root.TryGetProperty("stream_options"u8, out var options) || options.ValueKind == JsonValueKind.Null)
            return false;
        return options.ValueKind == JsonValueKind.Object
            ? Flag(options, "include_usage", "stream_options.include_usage") ?? false
            : throw Invalid("stream_options", "stream_options must be an object.");
    }

    /// <returns>How many parts of messages are not text.</returns>
    private static int CheckMessages(JsonElement root)
    {
        if (!root.TryGetProperty("messages"u8, out var messages) || messages.ValueKind != JsonValueKind.Array)
            throw Invalid("messages", "messages is required and must be a list.");
        var count = messages.GetArrayLength();
        if (count is 0 or > MaxMessages)
            throw Invalid("messages", $"messages has {count} items; 1 to {MaxMessages} are accepted.");
        var others = 0;
        var index = 0;
        foreach (var message in messages.EnumerateArray())
            others += CheckMessage(message, index++);
        return others;
    }

    private static int CheckMessage(JsonElement message, int index)
    {
        if (message.ValueKind != JsonValueKind.Object)
            throw Invalid($"messages[{index}]", "A message must be an object.");
        if (!message.TryGetProperty("role"u8, out var role) || role.ValueKind != JsonValueKind.String)
            throw Invalid($"messages[{index}].role", $"messages[{index}].role is required and must be a text.");
        if (role.GetString()!.Length is 0 or > MaxRoleLength)
            throw Invalid($"messages[{index}].role", $"A role must have 1 to {MaxRoleLength} characters.");
        if (!message.TryGetProperty("content"u8, out var content))
            return 0;
        return content.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.String => 0,
            JsonValueKind.Array => content.EnumerateArray().Select((part, n) => CheckPart(part, $"messages[{index}].content[{n}]")).Sum(),
            _ => throw Invalid($"messages[{index}].content", $"messages[{index}].content is required and must be a text."),
        };
    }

    private static int CheckPart(JsonElement part, string field)
    {
        if (part.ValueKind != JsonValueKind.Object)
            throw Invalid(field, "A part of a content must be an object.");
        if (!Text(part, "type", $"{field}.type").ValueEquals("text"u8))
            return 1;
        Text(part, "text", $"{field}.text");
        return 0;
    }

    private static JsonElement Text(JsonElement parent, string name, string field) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value
            : throw Invalid(field, $"{field} is required and must be a text.");

    private static bool? Flag(JsonElement parent, string name, string field)
    {
        if (!parent.TryGetProperty(name, out var value))
            return null;
        return value.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Invalid(field, $"{field} must be true or false."),
        };
    }

    private static int? Number(JsonElement parent, string name, int max)
    {
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= 1 && number <= max
            ? number
            : throw Invalid(name, $"{name} must be a whole number from 1 to {max}.");
    }

    private static ProblemException Invalid(string field, string detail) => new(Problem.Invalid(field, detail));
}
