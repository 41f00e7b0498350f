using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Agents.Testing.Storms;
using Xunit;

namespace Agents.Conversation.Tests.Jobs;

/// <summary>Each role as an app of its own, as in a cluster.</summary>
public sealed class ClusterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_lane_has_its_workers_webhooks_go_out_elsewhere_and_a_worker_told_to_stop_gives_back_what_it_cannot_end()
    {
        await using var stack = new JobStormStack { Cluster = true };
        await stack.InitializeAsync();
        var gate = new Gate();
        var agent = await NewAgentAsync(stack, Reply.Text("Done."));
        foreach (var lane in new[] { "premium", "standard", "batch" })
        {
            var job = await EndedAsync(stack, await stack.Operator.CreateAsync(
                "/v1/jobs", new { agent, input = "Go.", lane, callback_url = $"http://{stack.Effects.Authority}/webhooks/{lane}" }, Token));
            Assert.Equal(("succeeded", $"conversation-{lane}-0"), (job.Text("status"), job.Text("worker")));
            await Eventually.TrueAsync(() => stack.Effects.WebhooksOf(lane).Count == 1, "the webhook arrives", Token, TimeSpan.FromSeconds(40));
        }

        // The model answers the second time only.
        var slow = await NewAgentAsync(stack, Reply.Stream().Text("I ").Wait(gate).Text("never end.").Done(), Reply.Text("Here I am."));
        var cut = await stack.Operator.CreateAsync("/v1/jobs", new { agent = slow, input = "Go.", lane = "batch" }, Token);
        await gate.Reached.WaitAsync(Token);
        var worker = stack.Host.Services.Single(child => child.AppId == "conversation-batch");
        var stopping = worker.StopAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("running", (await stack.Operator.GetAsync($"/v1/jobs/{cut.Text("id")}", Token)).Text("status"));
        await stopping;
        var figure = await stack.Operator.GetAsync("/v1/jobs/lanes/batch", Token);
        Assert.Equal((1, 0), (figure.Number("queued"), figure.Number("leased")));
        worker.Start();

        var ended = await EndedAsync(stack, cut);
        // Being given back is no attempt that counts.
        Assert.Equal(("succeeded", 1), (ended.Text("status"), ended.Number("attempts")));
        Assert.Equal("Here I am.", (await stack.Operator.GetAsync($"/v1/jobs/{cut.Text("id")}/result", Token))["output"].Text("text"));
    }

    private static async Task<string> NewAgentAsync(JobStormStack stack, params Reply[] replies) => (await stack.Operator.CreateAsync(
        "/v1/agents", new { name = "x", instructions = "x", model = stack.Models.NewModel(replies), collections = Array.Empty<string>() }, Token)).Text("id");

    private static async Task<JsonNode> EndedAsync(JobStormStack stack, JsonNode job)
    {
        JsonNode? found = null;
        await Eventually.TrueAsync(
            async () => (found = await stack.Operator.GetAsync($"/v1/jobs/{job.Text("id")}", Token)).Text("status") is not ("queued" or "running"), "the job ends", Token, TimeSpan.FromSeconds(40));
        return found!;
    }
}
