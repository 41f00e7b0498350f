using System.Text;
using System.Text.Json;

namespace Agents.Inference.Completions;

/// <summary>A chat request: the caller's document as it came, and the parts of it that we act on.</summary>
/// <param name="document">The whole body; what we do not know passes to the provider unchanged.</param>
/// <param name="json">The bytes that <paramref name="document"/> was read from.</param>
internal sealed class ChatRequest(JsonDocument document, ReadOnlyMemory<byte> json) : IDisposable
{
    private IReadOnlyList<ChatMessage>? _messages;

    public ReadOnlyMemory<byte> Json { get; } = json;

    public JsonElement Root => document.RootElement;

    /// <summary>The model as the caller named it.</summary>
    public required string Model { get; init; }

    public bool Stream { get; init; }

    /// <summary>The caller wants usage at the end of the stream.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>How many answers are asked for.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>The longest answer that is asked for; null when the caller does not say.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Parts of messages that are not text: images, sounds, files.</summary>
    public int OtherParts { get; init; }

    public IReadOnlyList<ChatMessage> Messages => _messages ??= [.. Root.GetProperty("messages"u8).EnumerateArray().Select(Message)];

    /// <summary>Bytes of UTF-8 of all message texts.</summary>
    public long TextBytes => Messages.Sum(message => (long)Encoding.UTF8.GetByteCount(message.Text));

    public void Dispose() => document.Dispose();

    private static ChatMessage Message(JsonElement message) => new(
        message.GetProperty("role"u8).GetString()!,
        !message.TryGetProperty("content"u8, out var content) ? "" : content.ValueKind switch
        {
            JsonValueKind.String => content.GetString()!,
            JsonValueKind.Array => string.Join('\n', content.EnumerateArray().Select(PartText)),
            _ => "",
        });

    private static string PartText(JsonElement part) =>
        part.GetProperty("type"u8).ValueEquals("text"u8) ? part.GetProperty("text"u8).GetString()! : "";
}

/// <summary>One message. <paramref name="Text"/> joins the text parts of its content; images and the like are not in it.</summary>
internal sealed record ChatMessage(string Role, string Text);
