using Agents.Chart.Tests.Helm;

namespace Agents.Chart.Tests.Rules;

/// <summary>Who decides how many pods there are, and by what.</summary>
internal static class ScalingRules
{
    public static IReadOnlyList<Rule> All { get; } = [OneDecides, Queues, Figures, Disruption];

    private static IEnumerable<string> OneDecides(Rendering rendering)
    {
        foreach (var deployment in rendering.Deployments)
        {
            var scalers = rendering.Objects.Where(found => found.Kind is "HorizontalPodAutoscaler" or "ScaledObject"
                && found.Node.At("spec/scaleTargetRef").Text("name") == deployment.Name).ToList();
            var isFixed = deployment.Node.At("spec")["replicas"] is not null;
            if (scalers.Count + (isFixed ? 1 : 0) != 1)
                yield return $"{deployment}: {scalers.Count} scalers, replicas {(isFixed ? "" : "not ")}given";
        }
    }

    private static IEnumerable<string> Queues(Rendering rendering)
    {
        foreach (var scaled in rendering.OfKind("ScaledObject"))
        {
            var spec = scaled.Node.At("spec");
            var triggers = spec.List("triggers").ToList();
            if (spec.Number("minReplicaCount") == 0 && triggers.All(trigger => trigger.Text("type") == "prometheus"))
                yield return $"{scaled} would leave nobody to answer";
            if (triggers.Any(trigger => trigger.Text("name") is "work" or "broker") && spec["fallback"]?["behavior"]?.GetValue<string>() != "currentReplicasIfHigher")
                yield return $"{scaled} takes workers away when its figures fail";
            if (triggers.SingleOrDefault(trigger => trigger.Text("name") == "broker") is not { } broker)
                continue;
            var app = rendering.Deployments.Single(deployment => deployment.Name == spec.At("scaleTargetRef").Text("name")).AppId();
            var (topic, group) = QueueOf(broker);
            var queue = rendering.OfKind("Subscription").SingleOrDefault(found =>
                found.Node.Texts("scopes").Single() == app && (topic is null || found.Node.At("spec").Text("topic") == topic));
            if (rendering.OfKind("Subscription").Any() && (queue is null || group != app))
                yield return $"{scaled} looks at {topic} of {group}, but {app} reads something else";
        }
    }

    /// <summary>Topic and consumer group that a trigger looks at, by the names that Dapr gives queues; one queue of all topics has no topic.</summary>
    private static (string? Topic, string Group) QueueOf(JsonObject trigger)
    {
        var metadata = trigger.At("metadata");
        return trigger.Text("type") switch
        {
            "redis-streams" => (metadata.Text("stream"), metadata.Text("consumerGroup")),
            "kafka" => (metadata.Text("topic"), metadata.Text("consumerGroup")),
            "rabbitmq" => Split(metadata.Text("queueName")),
            "azure-servicebus" => (metadata.Text("topicName"), metadata.Text("subscriptionName")),
            "aws-sqs-queue" => (null, metadata.Text("queueURL")),
            "gcp-pubsub" => Split(metadata.Text("subscriptionName").Split('/')[^1]),
            var other => throw new InvalidOperationException($"a trigger of type {other}"),
        };
    }

    // APP-TOPIC; no app id ends as a topic begins.
    private static (string Topic, string Group) Split(string queue)
    {
        var at = new[] { "-jobs-", "-document-ingest", "-webhooks" }.Max(topic => queue.IndexOf(topic, StringComparison.Ordinal));
        return (queue[(at + 1)..], queue[..at]);
    }

    private static IEnumerable<string> Figures(Rendering rendering) =>
        from scaled in rendering.OfKind("ScaledObject")
        from trigger in scaled.Node.At("spec").List("triggers")
        where trigger.Text("type") == "metrics-api"
        let host = new Uri(trigger.At("metadata").Text("url")).Host
        where rendering.OfKind("Service").All(service => $"{service.Name}.{Rendering.Namespace}.svc.cluster.local" != host)
        select $"{scaled} asks {host}, which does not exist";

    private static IEnumerable<string> Disruption(Rendering rendering)
    {
        foreach (var budget in rendering.OfKind("PodDisruptionBudget"))
        {
            var scaled = rendering.Objects.SingleOrDefault(found => found.Kind is "HorizontalPodAutoscaler" or "ScaledObject" && found.Name == budget.Name);
            var spec = (scaled ?? rendering.Single("Deployment", budget.Name)).Node.At("spec");
            var least = spec["minReplicas"] ?? spec["minReplicaCount"] ?? spec["replicas"];
            if (least!.GetValue<long>() < 2)
                yield return $"{budget} would keep its only pod on its node";
        }
    }
}
