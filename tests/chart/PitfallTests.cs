using System.Globalization;
using Agents.Chart.Tests.Helm;

namespace Agents.Chart.Tests;

/// <summary>What is known to lose messages or to scale wrongly with Dapr and KEDA, each with the setting that keeps it away.</summary>
public sealed class PitfallTests
{
    private const string Scaled = "--set keda.enabled=true --set defaults.autoscaling.enabled=true";

    private static Task<Rendering> Chart(string pubsub, string more = "") => Rendering.OfAsync(HelmProgram.Four, $"--set pubsub.type={pubsub} {Scaled} {more}".Trim());

    [Theory]
    [InlineData("redis", "concurrency,queueDepth")]
    [InlineData("rabbitmq", "prefetchCount")]
    [InlineData("azure.servicebus.topics", "maxActiveMessages,maxConcurrentHandlers")]
    [InlineData("aws.snssqs", "concurrencyLimit")]
    [InlineData("gcp.pubsub", "maxOutstandingMessages")]
    public async Task A_sidecar_takes_no_more_from_the_broker_than_its_pod_works_on(string pubsub, string settings)
    {
        var chart = await Chart(pubsub);
        Assert.All(settings.Split(','), setting => Assert.Equal("$AGENTS_SLOTS", chart.Component("pubsub")[setting]));
        Assert.Equal("AGENTS_SLOTS=4", chart.Single("Deployment", "agents-conversation-batch").PodTemplate().At("metadata/annotations").Text("dapr.io/env"));
    }

    [Theory]
    [MemberData(nameof(Brokers))]
    public async Task A_queue_is_scaled_by_the_works_own_records_first_and_by_the_broker_second(string pubsub)
    {
        var chart = await Chart(pubsub);
        var triggers = chart.Single("ScaledObject", "agents-conversation-standard").Node.At("spec").List("triggers").ToList();
        Assert.Equal(["work", "broker"], triggers.Select(trigger => trigger.Text("name")));
        var work = triggers[0].At("metadata");
        Assert.Equal($"http://agents-conversation.{Rendering.Namespace}.svc.cluster.local/v1/jobs/lanes/standard", work.Text("url"));
        Assert.Equal("bearer", work.Text("authMode"));
        Assert.Equal("token", chart.Single("TriggerAuthentication", triggers[0].At("authenticationRef").Text("name")).Node.At("spec").List("secretTargetRef").Single().Text("parameter"));
    }

    public static TheoryData<string> Brokers => [.. Combinations.PubSubTypes];

    [Fact]
    public async Task A_queue_without_a_figure_of_its_own_is_scaled_by_the_broker_or_not_at_all()
    {
        var hooks = (await Chart("redis")).Single("ScaledObject", "agents-conversation-hooks").Node.At("spec").List("triggers").Single();
        Assert.Equal(("broker", "webhooks"), (hooks.Text("name"), hooks.At("metadata").Text("stream")));
        var without = await Chart("redis", "--set keda.brokerTriggers=false");
        Assert.DoesNotContain(without.OfKind("ScaledObject"), scaled => scaled.Name == "agents-conversation-hooks");
    }

    [Fact]
    public async Task Work_that_a_pod_may_still_do_keeps_its_lane_from_going_to_zero()
    {
        var chart = await Rendering.OfAsync(HelmProgram.Four, "-f values-company.yaml");
        foreach (var scaled in chart.OfKind("ScaledObject"))
        {
            var drain = chart.Single("Deployment", scaled.Name).Environment()["ShutdownTimeoutSeconds"];
            Assert.True(scaled.Node.At("spec").Number("cooldownPeriod") >= long.Parse(drain, CultureInfo.InvariantCulture), scaled.Name);
        }
    }

    [Fact]
    public async Task No_trigger_counts_pending_entries_which_fails_before_there_is_a_group_nor_a_length_that_never_falls()
    {
        var broker = (await Chart("redis")).Single("ScaledObject", "agents-conversation-premium").Node.At("spec").List("triggers").Last().At("metadata");
        Assert.Equal(("jobs-premium", "conversation-premium", "2", "0"), (
            broker.Text("stream"), broker.Text("consumerGroup"), broker.Text("lagCount"), broker.Text("activationLagCount")));
        Assert.DoesNotContain(broker, setting => setting.Key is "pendingEntriesCount" or "streamLength");
    }

    [Fact]
    public async Task Times_of_Redis_streams_are_bare_milliseconds_that_are_not_zero_and_longer_than_a_handler()
    {
        // A handler answers the broker after 45 s at the latest.
        var pubsub = (await Chart("redis")).Component("pubsub");
        Assert.True(int.Parse(pubsub["processingTimeout"], CultureInfo.InvariantCulture) > 45_000);
        Assert.InRange(int.Parse(pubsub["redeliverInterval"], CultureInfo.InvariantCulture), 1_000, 60_000);
    }

    [Theory]
    [MemberData(nameof(Brokers))]
    public async Task What_no_attempt_could_deliver_goes_where_an_alert_looks(string pubsub)
    {
        var chart = await Chart(pubsub, "--set monitoring.prometheusRule.enabled=true");
        Assert.All(chart.OfKind("Subscription"), subscription => Assert.Equal("dead-letters", subscription.Node.At("spec").Text("deadLetterTopic")));
        var resiliency = chart.Single("Resiliency", "agents").Node.At("spec");
        Assert.Equal("deliver", resiliency.At("targets/components/pubsub/inbound").Text("retry"));
        Assert.True(resiliency.At("policies/retries/deliver").Number("maxRetries") > 0);
        Assert.Contains("topic=\"dead-letters\"", chart.Single("PrometheusRule", "agents").Node.ToJsonString().Replace("\\u0022", "\"", StringComparison.Ordinal).Replace("\\\"", "\"", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streams_are_trimmed_by_age_alone_and_late()
    {
        var pubsub = (await Chart("redis")).Component("pubsub");
        Assert.Equal("168h", pubsub["streamTTL"]);
        Assert.DoesNotContain("maxLenApprox", pubsub.Keys);
    }

    [Fact]
    public async Task Each_lane_is_one_topic_one_deployment_one_app_id_and_so_one_sidecar()
    {
        var chart = await Chart("redis");
        var lanes = chart.OfKind("Subscription").Where(found => found.Node.At("spec").Text("topic").StartsWith("jobs-", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, lanes.Count);
        foreach (var lane in lanes)
        {
            var app = lane.Node.Texts("scopes").Single();
            Assert.Single(chart.OfKind("Subscription"), other => other.Node.Texts("scopes").Contains(app));
            Assert.Single(chart.Deployments, deployment => deployment.AppId() == app);
        }
    }

    [Fact]
    public async Task A_group_of_Kafka_begins_at_the_oldest_message_for_Dapr_and_for_KEDA_and_retries_stay_on()
    {
        var chart = await Chart("kafka", "--set pubsub.kafka.existingSecret=k --set pubsub.kafka.tls=true --set pubsub.kafka.mechanism=scram-sha256");
        var pubsub = chart.Component("pubsub");
        Assert.Equal(("oldest", "true", "false", "SHA-256"), (pubsub["initialOffset"], pubsub["consumeRetryEnabled"], pubsub["disableTls"], pubsub["saslMechanism"]));
        var broker = chart.Single("ScaledObject", "agents-conversation-premium").Node.At("spec").List("triggers").Last().At("metadata");
        Assert.Equal(("earliest", "enable", "scram_sha256"), (broker.Text("offsetResetPolicy"), broker.Text("tls"), broker.Text("sasl")));
    }

    [Fact]
    public async Task RabbitMQ_keeps_queues_and_messages_and_says_when_it_has_them()
    {
        var pubsub = (await Chart("rabbitmq")).Component("pubsub");
        Assert.Equal(("true", "false", "2", "true", "true"), (
            pubsub["durable"], pubsub["deletedWhenUnused"], pubsub["deliveryMode"], pubsub["publisherConfirm"], pubsub["requeueInFailure"]));
    }

    [Fact]
    public void What_Redis_must_be_told_to_lose_nothing_is_said_where_it_is_chosen()
    {
        foreach (var file in new[] { Path.Combine(Repository.Chart, "values.yaml"), Repository.PathOf("components", "redis", "pubsub.yaml") })
            Assert.Contains("appendfsync always", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Brokers))]
    public async Task Names_of_queues_are_plain_for_namespaces_in_them_would_change_what_scalers_look_for(string pubsub) =>
        Assert.DoesNotContain("{namespace}", (await Chart(pubsub)).Text, StringComparison.Ordinal);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Encryption_is_the_same_for_sidecars_and_scalers(bool tls)
    {
        var chart = await Chart("redis", $"--set pubsub.redis.tls={(tls ? "true" : "false")}");
        var said = tls ? "true" : "false";
        Assert.Equal(said, chart.Component("pubsub")["enableTLS"]);
        Assert.Equal(said, chart.Single("ScaledObject", "agents-conversation-premium").Node.At("spec").List("triggers").Last().At("metadata").Text("enableTLS"));
    }

    [Fact]
    public async Task Lanes_together_stay_below_what_providers_allow()
    {
        var run = await HelmProgram.Four.RunAsync("template", "agents", ".", "-f", "values-company.yaml", "--set", "maxConcurrentJobs=500");
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("maxConcurrentJobs: the lanes can run 840 jobs at once", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_figure_that_is_gone_is_not_a_zero()
    {
        var chart = await Rendering.OfAsync(HelmProgram.Four, "-f values-company.yaml");
        var prometheus = chart.OfKind("ScaledObject").SelectMany(scaled => scaled.Node.At("spec").List("triggers")).Where(trigger => trigger.Text("type") == "prometheus").ToList();
        Assert.NotEmpty(prometheus);
        Assert.All(prometheus, trigger => Assert.Equal("false", trigger.At("metadata").Text("ignoreNullValues")));
    }
}
