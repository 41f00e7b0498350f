using Agents.Chart.Tests.Helm;

namespace Agents.Chart.Tests.Rules;

/// <summary>What must fit together for sidecars.</summary>
internal static class DaprRules
{
    public static IReadOnlyList<Rule> All { get; } = [AppIds, Tokens, Scopes, Names, Delivery];

    private static IEnumerable<string> AppIds(Rendering rendering)
    {
        foreach (var same in rendering.Deployments.GroupBy(deployment => deployment.AppId()).Where(same => same.Count() > 1))
            yield return $"app id {same.Key} belongs to {same.Count()} deployments";
        foreach (var deployment in rendering.Deployments)
        {
            var annotations = deployment.PodTemplate().At("metadata/annotations");
            if (deployment.Environment()["APP_ID"] != deployment.AppId())
                yield return $"{deployment} tells its service another app id than its sidecar";
            if (annotations.Text("dapr.io/app-port") != deployment.Container().List("ports").Single().Number("containerPort").ToString())
                yield return $"{deployment} listens elsewhere than its sidecar thinks";
            foreach (var (name, value) in annotations)
            {
                if (value!.GetValueKind() != System.Text.Json.JsonValueKind.String)
                    yield return $"{deployment}: annotation {name} is not text";
            }
        }
    }

    private static IEnumerable<string> Tokens(Rendering rendering)
    {
        foreach (var deployment in rendering.Deployments)
        {
            var annotations = deployment.PodTemplate().At("metadata/annotations");
            foreach (var (variable, annotation) in new[] { ("DAPR_API_TOKEN", "dapr.io/api-token-secret"), ("APP_API_TOKEN", "dapr.io/app-token-secret") })
            {
                var source = deployment.Container().List("env").Single(item => item.Text("name") == variable).At("valueFrom/secretKeyRef");
                if (source.Text("name") != annotations.Text(annotation) || source.Text("key") != "token")
                    yield return $"{deployment}: {variable} and the sidecar's own are not from one place";
            }
        }
    }

    private static IEnumerable<string> Scopes(Rendering rendering)
    {
        var apps = rendering.Deployments.Select(deployment => deployment.AppId()).ToHashSet();
        foreach (var found in rendering.Objects.Where(found => found.Kind is "Component" or "Subscription"))
        {
            var scopes = found.Node.Texts("scopes").ToList();
            if (scopes.Count == 0)
                yield return $"{found} is for everybody in the namespace";
            foreach (var scope in scopes.Where(scope => !apps.Contains(scope)))
                yield return $"{found} is for {scope}, which does not run";
        }
    }

    private static IEnumerable<string> Names(Rendering rendering)
    {
        if (!rendering.OfKind("Component").Any())
            yield break;
        foreach (var name in new[] { "statestore", "sessionstore", "pubsub", "secrets" }.Except(rendering.OfKind("Component").Select(component => component.Name)))
            yield return $"there is no component {name}";
        foreach (var store in new[] { "statestore", "sessionstore" })
        {
            if (rendering.Component(store)["keyPrefix"] != "name")
                yield return $"{store}: roles of a service would not see the same keys";
        }
        if (rendering.Component("statestore").GetValueOrDefault("actorStateStore") != "true" || rendering.Component("sessionstore").ContainsKey("actorStateStore"))
            yield return "exactly one store keeps actors";
        foreach (var deployment in rendering.Deployments)
        {
            if (rendering.OfKind("Configuration").All(found => found.Name != deployment.PodTemplate().At("metadata/annotations").Text("dapr.io/config")))
                yield return $"{deployment} has no Configuration";
        }
    }

    private static IEnumerable<string> Delivery(Rendering rendering)
    {
        foreach (var subscription in rendering.OfKind("Subscription"))
        {
            var spec = subscription.Node.At("spec");
            if (spec.TextOrNull("deadLetterTopic") is not { Length: > 0 })
                yield return $"{subscription} has no dead letter topic";
            if (spec.At("routes").Text("default") != $"/internal/topics/{spec.Text("topic")}")
                yield return $"{subscription} leads to a route that no service has";
            foreach (var app in subscription.Node.Texts("scopes"))
            {
                var deployment = rendering.Deployments.Single(found => found.AppId() == app);
                if (deployment.Environment().GetValueOrDefault("Subscriptions__Declared") != "true")
                    yield return $"{deployment} subscribes by itself, which outdoes {subscription}";
            }
        }
        foreach (var same in rendering.OfKind("Subscription").GroupBy(found => (found.Node.Texts("scopes").Single(), found.Node.At("spec").Text("topic"))).Where(same => same.Count() > 1))
            yield return $"{same.Key} is subscribed twice";
    }
}
