using System.Text;
using System.Text.Json.Nodes;
using Agents.Inference.Calls;

namespace Agents.Inference.Completions;

/// <summary>A chat request: the caller's document as it came, and the parts of it that we act on.</summary>
/// <param name="Document">The whole body; what we do not know passes to the provider unchanged.</param>
/// <param name="Model">The model as the caller named it.</param>
/// <param name="IncludeUsage">The caller wants usage at the end of the stream.</param>
/// <param name="Choices">How many answers are asked for.</param>
/// <param name="MaxTokens">The longest answer that is asked for; null when the caller does not say.</param>
internal sealed record ChatRequest(
    JsonObject Document, string Model, bool Stream, bool IncludeUsage, int Choices, int? MaxTokens, IReadOnlyList<ChatMessage> Messages)
    : ICallRequest
{
    public string Operation => "chat";

    public bool Generates => true;

    public long InputBytes => Messages.Sum(message => (long)Encoding.UTF8.GetByteCount(message.Text));
}

/// <summary>One message. <paramref name="Text"/> joins the text parts of its content; images and the like are not in it.</summary>
internal sealed record ChatMessage(string Role, string Text);
