using System.Reflection;
using Agents.Chart.Tests.Helm;
using Agents.Inference.Models;

namespace Agents.Chart.Tests;

/// <summary>What values become, as services read it.</summary>
public sealed class SettingsTests
{
    [Fact]
    public void A_model_takes_what_the_service_takes()
    {
        var schema = (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Chart, "values.schema.json")))!;
        Assert.Equal(
            typeof(ModelOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name).Order(StringComparer.OrdinalIgnoreCase),
            schema.At("properties/models/items/properties").Select(property => property.Key).Order(StringComparer.OrdinalIgnoreCase),
            StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Models_reach_inference_and_their_keys_may_be_read_there_alone()
    {
        var chart = await Rendering.OfAsync(HelmProgram.Three, "-f values-department.yaml");
        var inference = chart.Single("Deployment", "agents-inference").Environment();
        Assert.Equal(("small", "large", "2000000", "10000000", "small"), (
            inference["Models__0__Id"], inference["Models__1__Id"], inference["Models__0__OutputMicrosPerMillion"],
            inference["Models__1__OutputMicrosPerMillion"], inference["DefaultModel"]));
        Assert.DoesNotContain(chart.Single("Deployment", "agents-conversation").Environment().Keys, name => name.StartsWith("Models__", StringComparison.Ordinal));

        var role = Assert.Single(chart.OfKind("Role")).Node.List("rules").Single();
        Assert.Equal(["get"], role.Texts("verbs"));
        Assert.Equal(["agents-openai"], role.Texts("resourceNames"));
        Assert.Equal(["agents-inference"], Assert.Single(chart.OfKind("RoleBinding")).Node.List("subjects").Select(subject => subject.Text("name")));
    }

    [Fact]
    public async Task The_admin_key_reaches_the_service_that_checks_keys_and_no_other()
    {
        var chart = await Rendering.OfAsync(HelmProgram.Four, "");
        Assert.Equal(["agents-conversation"], chart.Deployments
            .Where(deployment => deployment.Container().List("env").Any(variable => variable.Text("name") == "AGENTS_API_KEY"))
            .Select(deployment => deployment.Name));
    }

    [Fact]
    public async Task Without_a_role_the_main_app_does_its_work()
    {
        var chart = await Rendering.OfAsync(HelmProgram.Four, "--set apps.conversation-hooks.enabled=false --set apps.retrieval-ingest.enabled=false");
        Assert.DoesNotContain("Hooks__AppId", chart.Single("Deployment", "agents-conversation").Environment().Keys);
        Assert.DoesNotContain("Ingestion__Enabled", chart.Single("Deployment", "agents-retrieval").Environment().Keys);
        Assert.Equal(["retrieval"], chart.Single("Subscription", "retrieval-document-ingest").Node.Texts("scopes"));
    }

    [Fact]
    public async Task Without_lanes_the_main_app_runs_jobs()
    {
        var chart = await Rendering.OfAsync(HelmProgram.Four, "-f values-team.yaml");
        Assert.DoesNotContain("Jobs__WorkersApart", chart.Single("Deployment", "agents-conversation").Environment().Keys);
        Assert.Equal(
            ["agents-in", "jobs-batch", "jobs-premium", "jobs-standard"],
            chart.OfKind("Subscription").Where(found => found.Node.Texts("scopes").Contains("conversation")).Select(found => found.Node.At("spec").Text("topic")).Order(StringComparer.Ordinal));
        Assert.Equal("true", (await Rendering.OfAsync(HelmProgram.Four, "")).Single("Deployment", "agents-conversation").Environment()["Jobs__WorkersApart"]);
    }

    [Fact]
    public async Task A_lane_has_a_deployment_a_queue_and_a_size_of_its_own()
    {
        var chart = await Rendering.OfAsync(HelmProgram.Four, "-f values-company.yaml");
        var research = chart.Single("Deployment", "agents-conversation-research");
        Assert.Equal("2Gi", research.Container().At("resources/limits").Text("memory"));
        Assert.Equal("2", research.Environment()["Lanes__research__Slots"]);
        Assert.Equal("AGENTS_SLOTS=2", research.PodTemplate().At("metadata/annotations").Text("dapr.io/env"));
        Assert.Equal(["conversation-research"], chart.Single("Subscription", "conversation-research-jobs-research").Node.Texts("scopes"));
        Assert.Equal(0, chart.Single("ScaledObject", "agents-conversation-research").Node.At("spec").Number("minReplicaCount"));
        Assert.Equal("2", chart.Single("Deployment", "agents-conversation").Environment()["Lanes__research__Slots"]);
    }

    [Fact]
    public async Task Every_secret_that_pods_wait_for_is_in_the_notes()
    {
        var run = await HelmProgram.Four.RunAsync("install", "agents", ".", "--dry-run=client", "-f", "values-company.yaml");
        Assert.True(run.ExitCode == 0, run.Errors);
        var (objects, notes) = (run.Output[..run.Output.IndexOf("NOTES:", StringComparison.Ordinal)], run.Output[run.Output.IndexOf("NOTES:", StringComparison.Ordinal)..]);
        foreach (var secret in new[] { "agents-auth", "agents-dapr-api-token", "agents-app-token", "agents-postgresql", "agents-redis", "agents-kafka", "agents-figures-key", "agents-openai" })
        {
            Assert.Contains(secret, objects, StringComparison.Ordinal);
            Assert.Contains($"create secret generic {secret} ", notes, StringComparison.Ordinal);
        }
        Assert.Contains("sidecarDropALLCapabilities=true", notes, StringComparison.Ordinal);
    }
}
