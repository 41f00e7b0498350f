using System.Text.Json.Nodes;
using Agents.Inference.Embeddings;

namespace Agents.Inference.Providers;

/// <summary>Something that turns texts into vectors.</summary>
internal interface IEmbeddingProvider
{
    /// <summary>The answer as a document in OpenAI's shape, one vector for each input.</summary>
    /// <exception cref="ProviderException">There is no answer.</exception>
    Task<JsonObject> EmbedAsync(EmbeddingRequest request, CancellationToken cancellationToken);
}
