using Agents.Chart.Tests.Helm;

namespace Agents.Chart.Tests.Rules;

/// <summary>Who may reach whom.</summary>
internal static class NetworkRules
{
    public static IReadOnlyList<Rule> All { get; } = [Everybody, Out];

    private static IEnumerable<string> Everybody(Rendering rendering)
    {
        var policies = rendering.OfKind("NetworkPolicy").ToList();
        foreach (var deployment in policies.Count == 0 ? [] : rendering.Deployments)
        {
            if (policies.SingleOrDefault(policy => policy.Name == deployment.Name) is not { } policy)
                yield return $"{deployment} has no network policy";
            else if (!policy.Node.At("spec").Texts("policyTypes").SequenceEqual(["Ingress", "Egress"]))
                yield return $"{policy} leaves a direction open";
            else if (rendering.OfKind("Service").Any(service => service.Name == deployment.Name) != Ports(policy, "ingress").Contains(8080))
                yield return $"{policy}: the service's own port is open exactly where there is a Service";
        }
    }

    /// <summary>Only hooks reach any port, and then nothing private; only models and cloud services are reached at 443.</summary>
    private static IEnumerable<string> Out(Rendering rendering)
    {
        foreach (var policy in rendering.OfKind("NetworkPolicy"))
        {
            var isHooks = policy.Name.EndsWith("conversation-hooks", StringComparison.Ordinal);
            foreach (var rule in policy.Node.At("spec").List("egress").Where(rule => rule["ports"] is null))
            {
                if (!isHooks)
                    yield return $"{policy} lets out at every port";
                if (rule.List("to").Any(peer => peer["ipBlock"]?["except"] is not JsonArray { Count: > 0 }))
                    yield return $"{policy} reaches private addresses";
            }
            if (isHooks && policy.Node.At("spec").List("egress").All(rule => rule["ports"] is not null))
                yield return $"{policy} does not let webhooks out";
        }
    }

    private static IEnumerable<long> Ports(KubeObject policy, string direction) =>
        policy.Node.At("spec").List(direction).SelectMany(rule => rule.List("ports")).Select(port => port.Number("port"));
}
