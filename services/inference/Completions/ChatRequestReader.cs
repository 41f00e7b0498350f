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

    public static async Task<ChatRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken) =>
        Parse(await RequestBody.ReadAsync(request, cancellationToken));

    internal static ChatRequest Parse(JsonObject document)
    {
        var model = document.Text("model", "model");
        if (model.Length is 0 or > ModelOptions.MaxIdLength)
            throw RequestBody.Invalid("model", $"model must have 1 to {ModelOptions.MaxIdLength} characters.");
        var stream = document.Flag("stream", "stream") ?? false;
        var choices = document.Number("n", MaxChoices) ?? 1;
        var maxTokens = document.Number("max_completion_tokens", int.MaxValue) ?? document.Number("max_tokens", int.MaxValue);
        return new ChatRequest(document, model, stream, stream && WantsUsage(document), choices, maxTokens, Messages(document));
    }

    private static bool WantsUsage(JsonObject document) => document["stream_options"] switch
    {
        null => false,
        JsonObject options => options.Flag("include_usage", "stream_options.include_usage") ?? false,
        _ => throw RequestBody.Invalid("stream_options", "stream_options must be an object."),
    };

    private static List<ChatMessage> Messages(JsonObject document)
    {
        if (document["messages"] is not JsonArray messages)
            throw RequestBody.Invalid("messages", "messages is required and must be a list.");
        if (messages.Count is 0 or > MaxMessages)
            throw RequestBody.Invalid("messages", $"messages has {messages.Count} items; 1 to {MaxMessages} are accepted.");
        return [.. messages.Select((message, index) => Message(message, $"messages[{index}]"))];
    }

    private static ChatMessage Message(JsonNode? node, string field)
    {
        if (node is not JsonObject message)
            throw RequestBody.Invalid(field, "A message must be an object.");
        var role = message.Text("role", $"{field}.role");
        if (role.Length is 0 or > MaxRoleLength)
            throw RequestBody.Invalid($"{field}.role", $"A role must have 1 to {MaxRoleLength} characters.");
        return new ChatMessage(role, message["content"] switch
        {
            null => "",
            JsonArray parts => string.Join('\n', parts.Select((part, index) => PartText(part, $"{field}.content[{index}]"))),
            _ => message.Text("content", $"{field}.content"),
        });
    }

    private static string PartText(JsonNode? node, string field)
    {
        if (node is not JsonObject part)
            throw RequestBody.Invalid(field, "A part of a content must be an object.");
        return part.Text("type", $"{field}.type") == "text" ? part.Text("text", $"{field}.text") : "";
    }
}
