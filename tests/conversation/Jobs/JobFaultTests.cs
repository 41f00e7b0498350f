using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Agents.Testing.Storms;
using Agents.Torture.Jobs;
using Xunit;

namespace Agents.Conversation.Tests.Jobs;

/// <summary>What must cost no job: a few trials of what <c>./test.sh torture</c> does by the hundred, with each role as an app of its own.</summary>
[Collection(ConversationStack.Apart)]
public sealed class JobFaultTests(ClusterStack stack) : IClassFixture<ClusterStack>
{
    private const int Seed = 4_102;

    private readonly Figures _figures = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kills_cost_no_job_and_no_job_ends_twice()
    {
        var storm = new JobStorm(stack, new JobStormOptions(
            Seed, Jobs: 24, Kills: 4, Words: 5, Pause: TimeSpan.FromMilliseconds(40), Calm: TimeSpan.FromSeconds(0.5)), _figures.Say);

        var report = await storm.RunAsync(Token);

        Assert.True(report.Good && report.Kills >= 4 && report.KillsOfHolders * 2 >= report.Kills, $"{_figures}{report}");
    }

    [Fact]
    public async Task A_broker_that_comes_back_empty_loses_acknowledgements_or_repeats_itself_costs_no_job_and_runs_none_twice() =>
        Assert.True(await BrokerFaults.RunAsync(stack, new TortureOptions(Seed, 3), _figures.Say, Token), _figures.ToString());

    [Fact]
    public async Task Workers_come_and_go_under_load()
    {
        var load = new JobLoad(stack, words: 6, TimeSpan.FromMilliseconds(50));
        Assert.True((await Scaling.RunAsync(stack, load, new TortureOptions(Seed, 1), _figures.Say, Token)).Good, _figures.ToString());
    }

    [Fact]
    public async Task Each_lane_has_its_workers_webhooks_go_out_elsewhere_and_a_worker_told_to_stop_gives_back_what_it_cannot_end()
    {
        var gate = new Gate();
        var agent = await NewAgentAsync(Reply.Text("Done."));
        foreach (var lane in new[] { "premium", "standard", "batch" })
        {
            var job = await EndedAsync(await stack.Operator.CreateAsync(
                "/v1/jobs", new { agent, input = "Go.", lane, callback_url = $"http://{stack.Effects.Authority}/webhooks/{lane}" }, Token));
            Assert.Equal("succeeded", job.Text("status"));
            Assert.StartsWith($"conversation-{lane}-", job.Text("worker"), StringComparison.Ordinal);
            await Eventually.TrueAsync(() => stack.Effects.WebhooksOf(lane).Count == 1, "the webhook arrives", Token, TimeSpan.FromSeconds(40));
        }

        // The model answers the second time only.
        var slow = await NewAgentAsync(Reply.Stream().Text("I ").Wait(gate).Text("never end.").Done(), Reply.Text("Here I am."));
        var cut = await stack.Operator.CreateAsync("/v1/jobs", new { agent = slow, input = "Go.", lane = "premium" }, Token);
        await gate.Reached.WaitAsync(Token);
        var worker = stack.Host.Services.Single(child => child.AppId == "conversation-premium");
        var stopping = worker.StopAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("running", (await stack.Operator.GetAsync($"/v1/jobs/{cut.Text("id")}", Token)).Text("status"));
        await stopping;
        var figure = await stack.Operator.GetAsync("/v1/jobs/lanes/premium", Token);
        Assert.Equal((1, 0), (figure.Number("queued"), figure.Number("leased")));
        worker.Start();

        var ended = await EndedAsync(cut);
        // Being given back is no attempt that counts.
        Assert.Equal(("succeeded", 1), (ended.Text("status"), ended.Number("attempts")));
        Assert.Equal("Here I am.", (await stack.Operator.GetAsync($"/v1/jobs/{cut.Text("id")}/result", Token))["output"].Text("text"));
    }

    private async Task<string> NewAgentAsync(params Reply[] replies) => (await stack.Operator.CreateAsync(
        "/v1/agents", new { name = "x", instructions = "x", model = stack.Models.NewModel(replies), collections = Array.Empty<string>() }, Token)).Text("id");

    private async Task<JsonNode> EndedAsync(JsonNode job)
    {
        JsonNode? found = null;
        await Eventually.TrueAsync(
            async () => (found = await stack.Operator.GetAsync($"/v1/jobs/{job.Text("id")}", Token)).Text("status") is not ("queued" or "running"), "the job ends", Token, TimeSpan.FromSeconds(40));
        return found!;
    }
}
