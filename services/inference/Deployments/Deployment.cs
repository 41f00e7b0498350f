using Agents.Inference.Calls;
using Agents.Inference.Providers;
using Agents.Inference.Routing;

namespace Agents.Inference.Deployments;

/// <summary>A deployment in service: its definition, who answers, and the state of its endpoints as this replica sees it.</summary>
/// <param name="provider">Answers chats; null when the model cannot.</param>
/// <param name="embeddings">Makes embeddings; null when the model cannot.</param>
internal sealed class Deployment(
    DeploymentDefinition definition, IModelProvider? provider, IEmbeddingProvider? embeddings, IReadOnlyList<Upstream> endpoints)
{
    public string Id => Definition.Id;

    public DeploymentDefinition Definition { get; } = definition;

    /// <summary>What the provider calls the model.</summary>
    public string UpstreamModel => Definition.Model ?? Id;

    public IModelProvider? Provider { get; } = provider;

    public IEmbeddingProvider? Embeddings { get; } = embeddings;

    public IReadOnlyList<Upstream> Endpoints { get; } = endpoints;

    public Price Price { get; } = new(definition.InputMicrosPerMillion, definition.OutputMicrosPerMillion);

    public string Tier { get; } = definition.IsBuiltIn ? "edge" : definition.EffectiveTier;

    /// <summary>Who answers, as shown to callers and in telemetry.</summary>
    public string Owner { get; } = definition.IsBuiltIn ? "agents" : "openai";

    /// <summary>The version that the provider reported last.</summary>
    public string? LastVersion { get; set; }

    public int MaxOutputTokens { get; } = definition.MaxOutputTokens ?? DeploymentDefinition.DefaultMaxOutputTokens;

    public int MaxOutputBytes { get; } = definition.MaxOutputBytes ?? DeploymentDefinition.DefaultMaxOutputBytes;

    public TimeSpan ConnectTimeout { get; } = TimeSpan.FromSeconds(definition.Timeouts?.Connect ?? 5);

    public TimeSpan FirstTokenTimeout { get; } = TimeSpan.FromSeconds(definition.Timeouts?.FirstToken ?? 30);

    public TimeSpan BetweenTokensTimeout { get; } = TimeSpan.FromSeconds(definition.Timeouts?.BetweenTokens ?? 30);

    public TimeSpan TotalTimeout { get; } = TimeSpan.FromSeconds(definition.Timeouts?.Total ?? 300);
}
