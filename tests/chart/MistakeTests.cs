using Agents.Chart.Tests.Helm;
using Agents.Chart.Tests.Rules;

namespace Agents.Chart.Tests;

/// <summary>The checks themselves: a mistake put into what the chart renders is found.</summary>
public sealed class MistakeTests
{
    public static TheoryData<string, string> Mistakes => new()
    {
        { "app.kubernetes.io/component: retrieval\n  policyTypes", "app.kubernetes.io/component: retriever\n  policyTypes" },
        { "name: agents-app-token, key: token", "name: agents-token, key: token" },
        { "dapr.io/app-id: retrieval-ingest", "dapr.io/app-id: retrieval" },
        { "stream: document-ingest", "stream: documents" },
        { "consumerGroup: retrieval-ingest", "consumerGroup: retrieval" },
        { "httpGet: { path: /health/live, port: http }", "httpGet: { path: /health/live, port: web }" },
        { "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true" },
        { "terminationGracePeriodSeconds: 45", "terminationGracePeriodSeconds: 30" },
        { "maxUnavailable: 0", "maxUnavailable: 1" },
        { "minReadySeconds: 5", "replicas: 2\n  minReadySeconds: 5" },
        { "namespace: chat", "namespace: default" },
        { "image: ghcr.io/agents/inference:0.1.0", "image: ghcr.io/agents/inference:latest" },
        { "- { name: POD_NAME,", "- { name: APP_ID, value: twice }\n            - { name: POD_NAME," },
        { "preStop: { sleep: { seconds: 5 } }", "preStop: { sleep: { seconds: 50 } }" },
        { "value: \"name\"", "value: \"appid\"" },
        { "deadLetterTopic: dead-letters", "deadLetterTopic: \"\"" },
    };

    public static TheoryData<string, string> Misspellings => new()
    {
        { "revisionHistoryLimit: 5", "revisionHistoryLimits: 5" },
        { "minReadySeconds: 5", "minReadySeconds: \"5\"" },
        { "imagePullPolicy: IfNotPresent", "imagePullPolicy: Sometimes" },
        { "pollingInterval: 15", "pollInterval: 15" },
        { "lagCount: \"2\"", "lagCount: 2" },
        { "lagCount: \"2\"", "lag: \"2\"" },
        { "type: redis-streams", "type: redis-stream" },
        { "pubsubname: pubsub", "pubsub: pubsub" },
        { "initTimeout: 30s", "initialTimeout: 30s" },
        { "maxRetries: 20", "maxRetries: many" },
    };

    private const string Values = "--set keda.enabled=true --set defaults.autoscaling.enabled=true";

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_breaks_a_rule(string right, string wrong)
    {
        var rendering = await WithAsync(right, wrong);
        Assert.NotEmpty(EveryRule.All.SelectMany(rule => rule(rendering)));
    }

    [Theory]
    [MemberData(nameof(Misspellings))]
    public async Task A_misspelling_does_not_fit_the_schema(string right, string wrong)
    {
        Assert.SkipUnless(KubeSchemas.Exist, "not run: no data, the schemas are not there");
        var rendering = await WithAsync(right, wrong);
        Assert.NotEmpty(rendering.Objects.SelectMany(KubeSchemas.Problems).Concat(ScalerSchemas.Problems(rendering)));
    }

    private static async Task<Rendering> WithAsync(string right, string wrong)
    {
        var text = (await Rendering.OfAsync(HelmProgram.Four, Values)).Text;
        Assert.Contains(right, text, StringComparison.Ordinal);
        var at = text.IndexOf(right, StringComparison.Ordinal);
        return Rendering.Of(text[..at] + wrong + text[(at + right.Length)..]);
    }
}
