using Agents.Chart.Tests.Helm;

namespace Agents.Chart.Tests;

/// <summary>A value that cannot be meant is refused, and the message names it.</summary>
public sealed class BadValueTests
{
    private const string Scaled = "--set defaults.autoscaling.enabled=true --set keda.enabled=true";

    /// <summary>Values that the schema refuses, each with its path in the message: Helm lists all of them at once.</summary>
    private static readonly (string Value, string Path)[] Wrong =
    [
        ("--set state.type=mysql", "state.type"),
        ("--set pubsub.type=nats", "pubsub.type"),
        ("--set secrets.type=vault", "secrets.type"),
        ("--set keda.enable=true", "enable"),
        ("--set replicas=3", "replicas"),
        ("--set apps.conversatoin.replicas=2", "conversatoin"),
        ("--set apps.conversation.replica=2", "replica"),
        ("--set apps.conversation.drainSeconds=1", "apps.conversation.drainSeconds"),
        ("--set defaults.slots=0", "defaults.slots"),
        ("--set image.tag=latest", "image.tag"),
        ("--set image.pullPolicy=Sometimes", "image.pullPolicy"),
        ("--set image.digests.conversation=sha256:short", "image.digests.conversation"),
        ("--set-json lanes=[{\"name\":\"Upper\"},{\"name\":\"hooks\"},{\"slots\":3}]", "lanes.0.name"),
        ("", "lanes.1.name"),
        ("", "lanes.2"),
        ("--set-json models=[{\"id\":\"m\",\"apiKey\":\"secret\"}]", "apiKey"),
        ("--set-json config={\"A\":1}", "config.A"),
        ("--set dapr.apiTokenSecret=", "dapr.apiTokenSecret"),
        ("--set pubsub.redis.retention=0h", "pubsub.redis.retention"),
        ("--set pubsub.redis.host=redis", "pubsub.redis.host"),
        ("--set networkPolicy.privateRanges[0]=inside", "networkPolicy.privateRanges.0"),
        ("--set telemetry.otlpEndpoint=collector", "telemetry.otlpEndpoint"),
    ];

    public static TheoryData<string> Helms => [.. HelmProgram.All.Select(helm => helm.Name)];

    /// <summary>Values that are good by themselves and do not go together.</summary>
    public static TheoryData<string, string, string> Contradictions => new(
        from helm in HelmProgram.All
        from row in new[]
        {
            ("--set-json lanes=[{\"name\":\"a\"},{\"name\":\"a\"}]", "two lanes of the name"),
            ("--set apps.retrieval.enabled=false", "apps.retrieval.enabled"),
            ("--set apps.conversation.enabled=false", "apps.conversation.enabled"),
            ("--set maxConcurrentJobs=3", "maxConcurrentJobs"),
            ($"{Scaled} --set apps.retrieval.autoscaling.minReplicas=9", "minReplicas"),
            ($"{Scaled} --set apps.inference.autoscaling.minReplicas=0 --set keda.prometheus.serverAddress=http://p:9090", "minReplicas"),
            ($"{Scaled} --set pubsub.type=kafka --set pubsub.kafka.partitions=4", "partitions"),
            ($"{Scaled} --set apps.retrieval-ingest.autoscaling.cooldownSeconds=5", "cooldownSeconds"),
        }
        select (helm.Name, row.Item1, row.Item2));

    [Theory]
    [MemberData(nameof(Helms))]
    public async Task Every_wrong_value_is_refused_by_its_path(string helm)
    {
        var refusal = await RefusalAsync(helm, string.Join(' ', Wrong.Select(wrong => wrong.Value)));
        // Helm 3 writes a.b, Helm 4 writes /a/b.
        Assert.All(Wrong, wrong => Assert.Contains(wrong.Path, refusal.Replace('/', '.'), StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Contradictions))]
    public async Task A_contradiction_is_refused_by_name(string helm, string values, string named) =>
        Assert.Contains(named, await RefusalAsync(helm, values), StringComparison.Ordinal);

    private static async Task<string> RefusalAsync(string helm, string values)
    {
        var run = await HelmProgram.Named(helm).RunAsync(["template", "agents", ".", .. values.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.True(run.ExitCode != 0, $"helm {helm} took {values}");
        return run.Errors;
    }
}
