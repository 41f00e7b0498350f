using System.Globalization;
using Agents.Chart.Tests.Helm;

namespace Agents.Chart.Tests.Rules;

/// <summary>How pods run: restricted, probed, replaced without a gap, and given time to end.</summary>
internal static class PodRules
{
    public static IReadOnlyList<Rule> All { get; } = [Restricted, Images, Environment, Probes, Rollout, GracePeriod, Spread];

    private static IEnumerable<(KubeObject Owner, JsonObject Spec)> Pods(Rendering rendering) =>
        rendering.Deployments.Select(found => (found, found.PodTemplate().At("spec"))).Concat(rendering.OfKind("Pod").Select(found => (found, found.Node.At("spec"))));

    private static IEnumerable<string> Restricted(Rendering rendering)
    {
        foreach (var (owner, pod) in Pods(rendering))
        {
            var security = pod.At("securityContext");
            if (security["runAsNonRoot"]?.GetValue<bool>() != true || security.At("seccompProfile").Text("type") != "RuntimeDefault")
                yield return $"{owner} may run as root, or without a seccomp profile";
            if (pod["hostNetwork"] is not null || pod["hostPID"] is not null || pod["hostIPC"] is not null || pod.List("volumes").Any(volume => volume["hostPath"] is not null))
                yield return $"{owner} reaches into its host";
            foreach (var container in pod.List("containers").Concat(pod.List("initContainers")))
            {
                var context = container.At("securityContext");
                if (context["allowPrivilegeEscalation"]?.GetValue<bool>() != false || context["readOnlyRootFilesystem"]?.GetValue<bool>() != true
                    || !context.At("capabilities").Texts("drop").SequenceEqual(["ALL"]))
                {
                    yield return $"{owner}: container {container.Text("name")} is not restricted";
                }
            }
            var readsSecrets = rendering.OfKind("Component").Any(component => component.Name == "secrets" && component.Node.At("spec").Text("type") == "secretstores.kubernetes"
                && owner.Kind == "Deployment" && component.Node.Texts("scopes").Contains(owner.AppId()));
            if (rendering.OfKind("Component").Any() && pod["automountServiceAccountToken"]?.GetValue<bool>() != readsSecrets)
                yield return $"{owner} holds a token of the cluster that it does not need, or lacks one";
        }
    }

    private static IEnumerable<string> Images(Rendering rendering)
    {
        foreach (var (owner, pod) in Pods(rendering))
        {
            foreach (var image in pod.List("containers").Select(container => container.Text("image")))
            {
                var tag = image[(image.LastIndexOf('/') + 1)..].Split(':', '@');
                if (tag.Length < 2 || tag[1] == "latest")
                    yield return $"{owner}: {image} names no version";
            }
        }
    }

    private static IEnumerable<string> Environment(Rendering rendering) =>
        from pod in Pods(rendering)
        from container in pod.Spec.List("containers")
        from same in container.List("env").GroupBy(variable => variable.Text("name"))
        where same.Count() > 1
        select $"{pod.Owner}: {same.Key} is set {same.Count()} times";

    private static IEnumerable<string> Probes(Rendering rendering) =>
        from deployment in rendering.Deployments
        from probe in new[] { ("startupProbe", "/health/startup"), ("readinessProbe", "/health/ready"), ("livenessProbe", "/health/live") }
        let get = deployment.Container().At(probe.Item1).At("httpGet")
        where get.Text("path") != probe.Item2 || deployment.Container().List("ports").All(port => port.Text("name") != get.Text("port"))
        select $"{deployment}: {probe.Item1} asks {get.ToJsonString()}";

    private static IEnumerable<string> Rollout(Rendering rendering) =>
        from deployment in rendering.Deployments
        let update = deployment.Node.At("spec/strategy/rollingUpdate")
        where update.Number("maxUnavailable") != 0 || deployment.Node.At("spec").Number("minReadySeconds") < 5
        select $"{deployment} takes pods away before others take their place";

    /// <summary>preStop + drain + the sidecar's own end fit into the pod's grace period, and a sidecar that is told at once stays for the first two.</summary>
    private static IEnumerable<string> GracePeriod(Rendering rendering)
    {
        foreach (var deployment in rendering.Deployments)
        {
            var annotations = deployment.PodTemplate().At("metadata/annotations");
            var preStop = deployment.Container().At("lifecycle/preStop/sleep").Number("seconds");
            var drain = long.Parse(deployment.Environment()["ShutdownTimeoutSeconds"], CultureInfo.InvariantCulture);
            var sidecar = long.Parse(annotations.Text("dapr.io/graceful-shutdown-seconds"), CultureInfo.InvariantCulture);
            if (deployment.PodTemplate().At("spec").Number("terminationGracePeriodSeconds") < preStop + drain + sidecar + 5)
                yield return $"{deployment} is killed before it has ended";
            var native = annotations.Text("dapr.io/enable-native-sidecar") == "true";
            if (!native && (annotations.TextOrNull("dapr.io/block-shutdown-duration") != $"{preStop + drain}s" || annotations["dapr.io/enable-app-health-check"] is not null))
                yield return $"{deployment}: the sidecar leaves before the service";
            if (native && annotations.TextOrNull("dapr.io/app-health-check-path") != "/health/live")
                yield return $"{deployment}: the sidecar would take a service that drains for one that is ill";
        }
    }

    private static IEnumerable<string> Spread(Rendering rendering) =>
        from deployment in rendering.Deployments
        from spread in deployment.PodTemplate().At("spec").List("topologySpreadConstraints")
        where !JsonNode.DeepEquals(spread.At("labelSelector"), deployment.Node.At("spec/selector"))
        select $"{deployment} spreads by the pods of others";
}
