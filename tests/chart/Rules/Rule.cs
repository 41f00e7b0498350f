using Agents.Chart.Tests.Helm;

namespace Agents.Chart.Tests.Rules;

/// <summary>Something that holds in every rendering; what breaks it is told in words.</summary>
internal delegate IEnumerable<string> Rule(Rendering rendering);

internal static class EveryRule
{
    public static IReadOnlyList<Rule> All { get; } =
    [
        .. FormRules.All,
        .. ReferenceRules.All,
        .. DaprRules.All,
        .. ScalingRules.All,
        .. PodRules.All,
        .. NetworkRules.All,
    ];
}
