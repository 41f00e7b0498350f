using Agents.Inference.Completions;
using Agents.Inference.Deployments;
using Agents.Inference.Embeddings;
using Agents.Inference.Resilience;
using Agents.Inference.Routing;

namespace Agents.Inference.Providers;

/// <summary>Something that turns texts into vectors.</summary>
internal interface IEmbeddingProvider
{
    /// <summary>One attempt at an answer: a document in OpenAI's shape, one vector for each input.</summary>
    /// <exception cref="ProviderException">There is no answer.</exception>
    Task<AnswerDocument> EmbedAsync(EmbeddingRequest request, Deployment deployment, Upstream upstream, Deadline deadline);
}
