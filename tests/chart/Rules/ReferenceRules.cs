using Agents.Chart.Tests.Helm;

namespace Agents.Chart.Tests.Rules;

/// <summary>What one object says of another.</summary>
internal static class ReferenceRules
{
    // What an operator brings: the names of values.yaml, and those that combinations use.
    private static readonly HashSet<string> Secrets =
    [
        "agents-auth", "agents-dapr-api-token", "agents-app-token", "agents-redis", "agents-postgresql", "agents-rabbitmq", "agents-kafka", "agents-figures-key",
        "k", "sb", "aws", "cosmos",
    ];

    public static IReadOnlyList<Rule> All { get; } = [Selectors, Named, Backends, Accounts];

    private static IEnumerable<string> Selectors(Rendering rendering)
    {
        foreach (var deployment in rendering.Deployments)
        {
            var selected = rendering.Deployments.Where(other => Selects(deployment.Node.At("spec/selector/matchLabels"), other)).ToList();
            if (selected is not [var own] || own != deployment)
                yield return $"{deployment} selects {selected.Count} deployments";
        }
        foreach (var (found, selector) in rendering.Objects.SelectMany(found => SelectorsOf(found).Select(selector => (found, selector))))
        {
            if (!rendering.Deployments.Any(deployment => Selects(selector, deployment)))
                yield return $"{found} selects no pod";
        }
    }

    private static IEnumerable<JsonObject> SelectorsOf(KubeObject found) => found.Kind switch
    {
        "Service" => [found.Node.At("spec/selector")],
        "PodDisruptionBudget" => [found.Node.At("spec/selector/matchLabels")],
        "NetworkPolicy" => found.Node.Within().Where(node => node["podSelector"] is JsonObject).Select(node => node.At("podSelector/matchLabels")),
        _ => [],
    };

    private static bool Selects(JsonObject selector, KubeObject deployment)
    {
        var labels = deployment.PodTemplate().At("metadata/labels").Strings();
        return selector.Strings().All(wanted => labels.GetValueOrDefault(wanted.Key) == wanted.Value);
    }

    private static IEnumerable<string> Named(Rendering rendering)
    {
        foreach (var found in rendering.Objects)
        {
            foreach (var node in found.Node.Within())
            {
                if (node["secretKeyRef"] is JsonObject secret && !Secrets.Contains(secret.Text("name")))
                    yield return $"{found} reads secret {secret.Text("name")}, which nobody was told of";
                if (node["configMapKeyRef"] is not null)
                    yield return $"{found} reads a ConfigMap, which the chart does not make";
                foreach (var reference in node.List("secretTargetRef").Where(reference => !Secrets.Contains(reference.Text("name"))))
                    yield return $"{found} reads secret {reference.Text("name")}, which nobody was told of";
            }
        }
        foreach (var target in rendering.Objects.SelectMany(found => found.Node.Within()).Select(node => node["scaleTargetRef"]).OfType<JsonObject>())
        {
            if (rendering.Deployments.All(deployment => deployment.Name != target.Text("name")))
                yield return $"there is no Deployment {target.Text("name")} to scale";
        }
    }

    private static IEnumerable<string> Backends(Rendering rendering)
    {
        foreach (var service in rendering.OfKind("Ingress").SelectMany(found => found.Node.Within()).Where(node => node["backend"] is not null).Select(node => node.At("backend/service")))
        {
            if (rendering.OfKind("Service").SingleOrDefault(found => found.Name == service.Text("name")) is not { } found)
                yield return $"the Ingress leads to {service.Text("name")}, which does not exist";
            else if (found.Node.At("spec").List("ports").All(port => port.Text("name") != service.At("port").Text("name")))
                yield return $"{found} has no such port";
        }
    }

    private static IEnumerable<string> Accounts(Rendering rendering)
    {
        var accounts = rendering.OfKind("ServiceAccount").Select(account => account.Name).Append("default").ToHashSet();
        foreach (var deployment in rendering.Deployments)
        {
            var name = deployment.PodTemplate().At("spec").Text("serviceAccountName");
            if (!accounts.Contains(name))
                yield return $"{deployment} uses ServiceAccount {name}, which does not exist";
        }
        foreach (var binding in rendering.OfKind("RoleBinding"))
        {
            if (rendering.OfKind("Role").All(role => role.Name != binding.Node.At("roleRef").Text("name")))
                yield return $"{binding} binds no role";
            foreach (var subject in binding.Node.List("subjects").Where(subject => !accounts.Contains(subject.Text("name"))))
                yield return $"{binding} names {subject.Text("name")}, which does not exist";
        }
    }
}
