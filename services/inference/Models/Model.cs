using Agents.Inference.Calls;
using Agents.Inference.Providers;

namespace Agents.Inference.Models;

/// <summary>A model that callers may name.</summary>
/// <param name="Owner">Who answers, as shown to callers and in telemetry.</param>
/// <param name="Tier"><c>large</c>, <c>small</c> or <c>edge</c>.</param>
/// <param name="Provider">Answers chats; null when the model cannot.</param>
/// <param name="Embeddings">Makes embeddings; null when the model cannot.</param>
internal sealed record Model(
    string Id, string Owner, string Tier, Price Price, IModelProvider? Provider, IEmbeddingProvider? Embeddings = null);
