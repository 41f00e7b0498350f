using System.Text.Json.Nodes;
using Agents.Inference.Completions;

namespace Agents.Inference.Providers;

/// <summary>Something that answers chat requests.</summary>
internal interface IModelProvider
{
    /// <summary>
    /// The answer as documents in OpenAI's shape. For a streamed request each is a <c>chat.completion.chunk</c>, usage in the last
    /// one; otherwise there is exactly one, a <c>chat.completion</c>. The sequence ends normally only after a complete answer.
    /// Abandoning it cancels the work behind it.
    /// </summary>
    /// <exception cref="ProviderException">There is no answer, or no more of it.</exception>
    IAsyncEnumerable<JsonObject> AnswerAsync(ChatRequest request, CancellationToken cancellationToken);
}
