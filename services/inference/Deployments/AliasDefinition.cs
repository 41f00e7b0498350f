namespace Agents.Inference.Deployments;

/// <summary>A name that stands for several deployments.</summary>
/// <param name="Id">The name that callers use; <c>default</c> may be given a new meaning.</param>
/// <param name="Targets">1 to 16 deployments, each at most once.</param>
/// <param name="Mode">Default <see cref="AliasMode.Ordered"/>.</param>
/// <param name="CacheTtlSeconds">As with deployments, for calls by this name.</param>
public sealed record AliasDefinition(string Id, IReadOnlyList<AliasTarget> Targets, AliasMode? Mode = null, int? CacheTtlSeconds = null);

/// <param name="Weight">1 (default) to 1,000; the share of calls that try this one first when the mode is <c>weighted</c>.</param>
public sealed record AliasTarget(string Deployment, int? Weight = null);

/// <summary>Which target a call tries first; the others follow in order when it fails before its first byte.</summary>
public enum AliasMode
{
    /// <summary>Always the first one that takes calls.</summary>
    Ordered,

    /// <summary>One drawn by weight.</summary>
    Weighted,
}
