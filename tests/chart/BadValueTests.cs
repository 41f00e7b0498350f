using Agents.Chart.Tests.Helm;

namespace Agents.Chart.Tests;

/// <summary>A value that cannot be meant is refused, and the message names it.</summary>
public sealed class BadValueTests
{
    private const string Scaled = "--set defaults.autoscaling.enabled=true --set keda.enabled=true";

    public static TheoryData<string, string> Refused => new()
    {
        { "--set state.type=mysql", "type" },
        { "--set pubsub.type=nats", "type" },
        { "--set secrets.type=vault", "type" },
        { "--set keda.enable=true", "enable" },
        { "--set replicas=3", "replicas" },
        { "--set apps.conversatoin.replicas=2", "conversatoin" },
        { "--set apps.conversation.replica=2", "replica" },
        { "--set apps.conversation.drainSeconds=1", "drainSeconds" },
        { "--set defaults.slots=0", "slots" },
        { "--set image.tag=latest", "tag" },
        { "--set image.pullPolicy=Sometimes", "pullPolicy" },
        { "--set image.digests.conversation=sha256:short", "conversation" },
        { "--set-json lanes=[{\"name\":\"Upper\"}]", "name" },
        { "--set-json lanes=[{\"name\":\"hooks\"}]", "name" },
        { "--set-json lanes=[{\"slots\":3}]", "name" },
        { "--set-json lanes=[{\"name\":\"a\"},{\"name\":\"a\"}]", "two lanes of the name" },
        { "--set-json models=[{\"id\":\"m\",\"apiKey\":\"secret\"}]", "apiKey" },
        { "--set-json config={\"A\":1}", "config" },
        { "--set dapr.apiTokenSecret=", "apiTokenSecret" },
        { "--set pubsub.redis.retention=0h", "retention" },
        { "--set pubsub.redis.host=redis", "host" },
        { "--set networkPolicy.privateRanges[0]=inside", "privateRanges" },
        { "--set telemetry.otlpEndpoint=collector", "otlpEndpoint" },
        { "--set apps.retrieval.enabled=false", "apps.retrieval.enabled" },
        { "--set apps.conversation.enabled=false", "apps.conversation.enabled" },
        { "--set maxConcurrentJobs=3", "maxConcurrentJobs" },
        { $"{Scaled} --set apps.retrieval.autoscaling.minReplicas=9", "minReplicas" },
        { $"{Scaled} --set apps.inference.autoscaling.minReplicas=0 --set keda.prometheus.serverAddress=http://p:9090", "minReplicas" },
        { $"{Scaled} --set pubsub.type=kafka --set pubsub.kafka.partitions=4", "partitions" },
        { $"{Scaled} --set apps.retrieval-ingest.autoscaling.cooldownSeconds=5", "cooldownSeconds" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task It_is_refused_by_name(string values, string named)
    {
        foreach (var helm in HelmProgram.All)
        {
            var run = await helm.RunAsync(["template", "agents", ".", .. values.Split(' ')]);
            Assert.True(run.ExitCode != 0, $"helm {helm.Name} took {values}");
            Assert.Contains(named, run.Errors, StringComparison.Ordinal);
        }
    }
}
