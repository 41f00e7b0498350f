using Agents.Inference.Calls;
using Agents.Inference.Providers;
using Agents.Inference.Routing;

namespace Agents.Inference.Deployments;

/// <summary>A deployment in service: its definition, who answers, and the state of its endpoints as this replica sees it.</summary>
internal sealed class Deployment(DeploymentDefinition definition, IModelProvider provider, IReadOnlyList<Upstream> endpoints)
{
    public string Id => Definition.Id;

    public DeploymentDefinition Definition { get; } = definition;

    public IModelProvider Provider { get; } = provider;

    public IReadOnlyList<Upstream> Endpoints { get; } = endpoints;

    public Price Price { get; } = new(definition.InputMicrosPerMillion, definition.OutputMicrosPerMillion);

    public string Tier { get; } = definition.EffectiveProvider == ProviderKind.Extractive ? "edge" : definition.EffectiveTier;

    /// <summary>Who answers, as shown to callers and in telemetry.</summary>
    public string Owner { get; } = definition.EffectiveProvider == ProviderKind.Extractive ? "agents" : "openai";

    /// <summary>The version that the provider reported last.</summary>
    public string? LastVersion { get; set; }

    public int MaxOutputTokens { get; } = definition.MaxOutputTokens ?? DeploymentDefinition.DefaultMaxOutputTokens;

    public int MaxOutputBytes { get; } = definition.MaxOutputBytes ?? DeploymentDefinition.DefaultMaxOutputBytes;

    public TimeSpan ConnectTimeout { get; } = TimeSpan.FromSeconds(definition.Timeouts?.Connect ?? 5);

    public TimeSpan FirstTokenTimeout { get; } = TimeSpan.FromSeconds(definition.Timeouts?.FirstToken ?? 30);

    public TimeSpan BetweenTokensTimeout { get; } = TimeSpan.FromSeconds(definition.Timeouts?.BetweenTokens ?? 30);

    public TimeSpan TotalTimeout { get; } = TimeSpan.FromSeconds(definition.Timeouts?.Total ?? 300);
}
