namespace Agents.Chart.Tests;

/// <summary>The values that the chart is rendered with: each way to choose, and what is likely to be chosen together.</summary>
internal static class Combinations
{
    private const string Scaled = "--set keda.enabled=true --set defaults.autoscaling.enabled=true";
    private const string Watched =
        "--set monitoring.serviceMonitor.enabled=true --set monitoring.prometheusRule.enabled=true --set monitoring.dashboards.enabled=true";

    public static IReadOnlyList<string> Files { get; } = ["-f values.yaml", "-f values-team.yaml", "-f values-department.yaml", "-f values-company.yaml"];

    public static IReadOnlyList<string> StateTypes { get; } = ["redis", "postgresql", "azure.cosmosdb", "aws.dynamodb"];

    public static IReadOnlyList<string> PubSubTypes { get; } = ["redis", "kafka", "rabbitmq", "azure.servicebus.topics", "aws.snssqs", "gcp.pubsub"];

    /// <summary>Choices that do not touch each other are made in one rendering.</summary>
    private static readonly string[] Choices =
    [
        "--set sessions.type=postgresql --set secrets.type=azure.keyvault --set defaults.autoscaling.enabled=true",
        "--set secrets.type=aws.secretmanager --set keda.enabled=true --set-json lanes=[]",
        "--set dapr.create=false --set networkPolicy.enabled=false",
        $"{Scaled} --set keda.brokerTriggers=false --set apps.conversation-hooks.enabled=false",
        $"{Scaled} --set keda.prometheus.serverAddress=http://prometheus:9090 --set apps.inference-batch.enabled=true --set secrets.type=gcp.secretmanager",
        $"{Scaled} --set-json pubsub.kafka={{\"existingSecret\":\"k\",\"tls\":true}} --set pubsub.type=kafka --set state.type=azure.cosmosdb --set state.cosmosdb.existingSecret=cosmos",
        $"{Scaled} --set pubsub.type=kafka --set pubsub.kafka.existingSecret=k --set pubsub.kafka.mechanism=plain",
        $"{Scaled} --set pubsub.redis.tls=true --set pubsub.redis.username=agents --set pubsub.redis.database=3 --set apps.retrieval-ingest.enabled=false",
        $"{Scaled} --set pubsub.redis.existingSecret= --set state.redis.existingSecret=",
        $"{Scaled} --set pubsub.type=azure.servicebus.topics --set pubsub.servicebus.existingSecret=sb --set dapr.nativeSidecar=false",
        $"{Scaled} --set pubsub.type=aws.snssqs --set pubsub.snssqs.existingSecret=aws --set state.type=aws.dynamodb --set state.dynamodb.existingSecret=aws",
        "--set-json lanes=[{\"name\":\"solo\",\"slots\":1,\"replicas\":3,\"settings\":{\"TenantConcurrency\":\"2\"}}] --set dapr.accessControl=true --set ingress.enabled=true",
        "--set-json networkPolicy={\"ingressFrom\":[{\"namespaceSelector\":{\"matchLabels\":{\"a\":\"b\"}}}],\"stores\":[{\"ipBlock\":{\"cidr\":\"10.9.0.0/16\"}}]}"
            + " --set ingress.enabled=true --set ingress.host=a.example.org --set ingress.tlsSecret=tls --set ingress.className=nginx",
        "--set global.imageRegistry=registry.internal:5000 --set-json global.imagePullSecrets=[{\"name\":\"pull\"}]"
            + " --set image.digests.conversation=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "--set fullnameOverride=chat --set nameOverride=assistant --set-json commonLabels={\"team\":\"a\"} --set-json commonAnnotations={\"owner\":\"b\"}",
        "--set defaults.serviceAccount.create=false --set telemetry.otlpEndpoint=http://collector:4317",
        "--set apps.inference.serviceAccount.name=models --set-json models=[{\"id\":\"m\",\"endpoint\":\"http://llm:8000/v1\",\"apiKeySecret\":\"key\",\"cacheTtlSeconds\":60}]",
        "--set-json defaults={\"topologySpreadConstraints\":[],\"tolerations\":[{\"operator\":\"Exists\"}],\"nodeSelector\":{\"a\":\"b\"},\"podLabels\":{\"c\":\"d\"},"
            + "\"extraEnv\":[{\"name\":\"A\",\"value\":\"1\"}],\"config\":{\"RateLimit__Burst\":\"9\"},\"priorityClassName\":\"high\"}",
        $"--set defaults.podDisruptionBudget.enabled=false --set defaults.replicas=3 {Watched}",
        "--set-json extraObjects=[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"x\",\"namespace\":\"chat\"}}]",
    ];

    /// <summary>Every store with every broker, scaled and watched; each of them with nothing else set; and the rest.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. Files,
        .. from state in StateTypes
           from pubsub in PubSubTypes
           select $"--set state.type={state} --set pubsub.type={pubsub} {Scaled} {Watched}",
        .. StateTypes.Skip(1).Select(type => $"--set state.type={type}"),
        .. PubSubTypes.Skip(1).Select(type => $"--set pubsub.type={type}"),
        .. Choices,
    ];
}
