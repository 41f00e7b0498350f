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

    private static readonly string[] Single =
    [
        "--set sessions.type=postgresql",
        "--set secrets.type=azure.keyvault",
        "--set secrets.type=aws.secretmanager",
        "--set secrets.type=gcp.secretmanager",
        "--set defaults.autoscaling.enabled=true",
        "--set keda.enabled=true",
        $"{Scaled} --set keda.brokerTriggers=false",
        $"{Scaled} --set keda.prometheus.serverAddress=http://prometheus:9090",
        $"{Scaled} --set-json pubsub.kafka={{\"existingSecret\":\"k\",\"tls\":true}} --set pubsub.type=kafka",
        $"{Scaled} --set pubsub.type=kafka --set pubsub.kafka.existingSecret=k --set pubsub.kafka.mechanism=plain",
        $"{Scaled} --set pubsub.redis.tls=true --set pubsub.redis.username=agents --set pubsub.redis.database=3",
        $"{Scaled} --set pubsub.redis.existingSecret= --set state.redis.existingSecret=",
        $"{Scaled} --set pubsub.type=azure.servicebus.topics --set pubsub.servicebus.existingSecret=sb",
        $"{Scaled} --set pubsub.type=aws.snssqs --set pubsub.snssqs.existingSecret=aws",
        "--set state.type=azure.cosmosdb --set state.cosmosdb.existingSecret=cosmos",
        "--set state.type=aws.dynamodb --set state.dynamodb.existingSecret=aws",
        "--set apps.conversation-hooks.enabled=false",
        "--set apps.retrieval-ingest.enabled=false",
        "--set apps.inference-batch.enabled=true",
        "--set-json lanes=[]",
        "--set-json lanes=[{\"name\":\"solo\",\"slots\":1,\"replicas\":3,\"settings\":{\"TenantConcurrency\":\"2\"}}]",
        "--set dapr.create=false",
        "--set dapr.nativeSidecar=false",
        "--set dapr.accessControl=true",
        "--set networkPolicy.enabled=false",
        "--set-json networkPolicy={\"ingressFrom\":[{\"namespaceSelector\":{\"matchLabels\":{\"a\":\"b\"}}}],\"stores\":[{\"ipBlock\":{\"cidr\":\"10.9.0.0/16\"}}]}",
        "--set ingress.enabled=true",
        "--set ingress.enabled=true --set ingress.host=a.example.org --set ingress.tlsSecret=tls --set ingress.className=nginx",
        "--set global.imageRegistry=registry.internal:5000 --set-json global.imagePullSecrets=[{\"name\":\"pull\"}]",
        "--set image.digests.conversation=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "--set fullnameOverride=chat --set nameOverride=assistant",
        "--set-json commonLabels={\"team\":\"a\"} --set-json commonAnnotations={\"owner\":\"b\"}",
        "--set defaults.serviceAccount.create=false",
        "--set apps.inference.serviceAccount.name=models --set-json models=[{\"id\":\"m\",\"endpoint\":\"http://llm:8000/v1\",\"apiKeySecret\":\"key\",\"cacheTtlSeconds\":60}]",
        "--set telemetry.otlpEndpoint=http://collector:4317",
        "--set-json defaults={\"topologySpreadConstraints\":[],\"tolerations\":[{\"operator\":\"Exists\"}],\"nodeSelector\":{\"a\":\"b\"},\"podLabels\":{\"c\":\"d\"}}",
        "--set-json defaults={\"extraEnv\":[{\"name\":\"A\",\"value\":\"1\"}],\"config\":{\"RateLimit__Burst\":\"9\"},\"priorityClassName\":\"high\"}",
        "--set defaults.podDisruptionBudget.enabled=false --set defaults.replicas=3",
        Watched,
        "--set-json extraObjects=[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"x\",\"namespace\":\"chat\"}}]",
    ];

    /// <summary>Every store with every broker, scaled and watched, and the rest one by one.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. Files,
        .. from state in StateTypes
           from pubsub in PubSubTypes
           select $"--set state.type={state} --set pubsub.type={pubsub} {Scaled} {Watched}",
        .. StateTypes.Select(type => $"--set state.type={type}"),
        .. PubSubTypes.Select(type => $"--set pubsub.type={type}"),
        .. Single,
    ];
}
