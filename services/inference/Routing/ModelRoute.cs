using Agents.Inference.Deployments;

namespace Agents.Inference.Routing;

/// <summary>What a name stands for: one deployment, or the targets of an alias.</summary>
/// <param name="IsAlias">Whether the name is another than the deployment's own.</param>
/// <param name="Signature">Changes whenever something about the answer may: part of the cache's key.</param>
/// <param name="CacheTtl">Zero: only for calls that ask for it.</param>
internal sealed record ModelRoute(
    string Name, bool IsAlias, AliasMode Mode, IReadOnlyList<Deployment> Targets, IReadOnlyList<int> Weights, string Signature, TimeSpan CacheTtl)
{
    /// <summary>The price that no target exceeds.</summary>
    public Calls.Price HighestPrice { get; } = new(
        Targets.Max(target => target.Price.InputMicrosPerMillion), Targets.Max(target => target.Price.OutputMicrosPerMillion));

    public int HighestMaxOutputTokens { get; } = Targets.Max(target => target.MaxOutputTokens);

    public TimeSpan TotalTimeout { get; } = Targets.Max(target => target.TotalTimeout);

    /// <summary>The targets in the order in which this call tries them.</summary>
    public IReadOnlyList<Deployment> Candidates(long promptTokens)
    {
        if (Targets.Count == 1)
            return Targets;
        var order = Mode == AliasMode.Weighted ? Drawn() : Targets;
        var fitting = order.Where(target => target.Definition.ContextTokens is not { } context || promptTokens <= context).ToList();
        return fitting.Count > 0 ? fitting : order;
    }

    private List<Deployment> Drawn()
    {
        var drawn = Random.Shared.Next(Weights.Sum());
        var first = 0;
        while (drawn >= Weights[first])
            drawn -= Weights[first++];
        return [Targets[first], .. Targets.Where((_, index) => index != first)];
    }
}
