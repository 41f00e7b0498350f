using System.Text.Json.Nodes;
using Agents.Defaults.Errors;
using Agents.Inference.Models;

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
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        return Parse(StrictJson.Parse(body.GetBuffer().AsSpan(0, (int)body.Length)));
    }

    internal static ChatRequest Parse(JsonObject document)
    {
        var model = Text(document, "model", "model");
        if (model.Length is 0 or > ModelOptions.MaxIdLength)
            throw Invalid("model", $"model must have 1 to {ModelOptions.MaxIdLength} characters.");
        var stream = Flag(document, "stream", "stream") ?? false;
        var choices = Number(document, "n", MaxChoices) ?? 1;
        var maxTokens = Number(document, "max_completion_tokens", int.MaxValue) ?? Number(document, "max_tokens", int.MaxValue);
        return new ChatRequest(document, model, stream, stream && WantsUsage(document), choices, maxTokens, Messages(document));
    }

    private static bool WantsUsage(JsonObject document) => document["stream_options"] switch
    {
        null => false,
        JsonObject options => Flag(options, "include_usage", "stream_options.include_usage") ?? false,
        _ => throw Invalid("stream_options", "stream_options must be an object."),
    };

    private static List<ChatMessage> Messages(JsonObject document)
    {
        if (document["messages"] is not JsonArray messages)
            throw Invalid("messages", "messages is required and must be a list.");
        if (messages.Count is 0 or > MaxMessages)
            throw Invalid("messages", $"messages has {messages.Count} items; 1 to {MaxMessages} are accepted.");
        return [.. messages.Select((message, index) => Message(message, $"messages[{index}]"))];
    }

    private static ChatMessage Message(JsonNode? node, string field)
    {
        if (node is not JsonObject message)
            throw Invalid(field, "A message must be an object.");
        var role = Text(message, "role", $"{field}.role");
        if (role.Length is 0 or > MaxRoleLength)
            throw Invalid($"{field}.role", $"A role must have 1 to {MaxRoleLength} characters.");
        return new ChatMessage(role, message["content"] switch
        {
            null => "",
            JsonArray parts => string.Join('\n', parts.Select((part, index) => PartText(part, $"{field}.content[{index}]"))),
            _ => Text(message, "content", $"{field}.content"),
        });
    }

    private static string PartText(JsonNode? node, string field)
    {
        if (node is not JsonObject part)
            throw Invalid(field, "A part of a content must be an object.");
        return Text(part, "type", $"{field}.type") == "text" ? Text(part, "text", $"{field}.text") : "";
    }

    private static string Text(JsonObject parent, string name, string field) =>
        parent[name] is JsonValue value && value.TryGetValue<string>(out var text)
            ? text
            : throw Invalid(field, $"{field} is required and must be a text.");

    private static bool? Flag(JsonObject parent, string name, string field) => parent[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        _ => throw Invalid(field, $"{field} must be true or false."),
    };

    private static int? Number(JsonObject parent, string name, int max) => parent[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<int>(out var number) && number >= 1 && number <= max => number,
        _ => throw Invalid(name, $"{name} must be a whole number from 1 to {max}."),
    };

    private static ProblemException Invalid(string field, string detail) => new(Problem.Invalid(field, detail));
}
