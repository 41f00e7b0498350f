using Agents.Inference.Completions;
using Agents.Inference.Deployments;
using Agents.Inference.Resilience;
using Agents.Inference.Routing;

namespace Agents.Inference.Providers;

/// <summary>Something that answers chat requests.</summary>
internal interface IModelProvider
{
    /// <summary>One attempt, up to the first document of the answer.</summary>
    /// <param name="maxTokens">The longest answer, to be stated to the provider because the caller did not; null to leave it open.</param>
    /// <exception cref="ProviderException">There is no answer.</exception>
    Task<IAnswer> BeginAsync(ChatRequest request, Deployment deployment, Upstream upstream, int? maxTokens, Deadline deadline);
}

/// <summary>
/// An answer as documents in OpenAI's shape. For a streamed request each is a <c>chat.completion.chunk</c>, usage in the last one;
/// otherwise there is exactly one, a <c>chat.completion</c>. It ends normally only after a complete answer; disposal cancels the work
/// behind it.
/// </summary>
internal interface IAnswer : IAsyncDisposable
{
    /// <summary>The document on which the answer stands, at first the first one.</summary>
    AnswerDocument Current { get; }

    /// <summary>On to the next document; false after the last one.</summary>
    /// <exception cref="ProviderException">There is no more of it.</exception>
    ValueTask<bool> MoveNextAsync();
}
