using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Jobs;

/// <summary>Fairness for real; the stated bound on a simulated clock is in <see cref="Lanes.LaneTests"/>.</summary>
public sealed class FairnessTests(ConversationStack stack)
{
    [Fact]
    public async Task A_crowd_of_one_tenant_does_not_hold_up_the_single_job_of_another()
    {
        const int crowd = 200;
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Stream().Pause(TimeSpan.FromMilliseconds(20)).Text("Done.").Finish().Usage(10, 2).Done());
        var (many, single) = (await stack.NewTenantAsync(token), await stack.NewTenantAsync(token));
        async Task<string> SubmitAsync(ApiClient api, string agent) =>
            (await api.CreateAsync("/v1/jobs", new { agent, input = "Go.", lane = "narrow" }, token)).Text("id");
        var (theirs, mine) = (await AgentAsync(many, model, token), await AgentAsync(single, model, token));
        var submitted = await Task.WhenAll(Enumerable.Range(0, crowd).Select(_ => SubmitAsync(many, theirs)));
        await Eventually.TrueAsync(async () => (await many.GetAsync("/v1/jobs?status=succeeded&limit=5", token)).List("data").Count > 2, "the crowd is being worked on", token);

        var job = await SubmitAsync(single, mine);

        JsonNode? done = null;
        await Eventually.TrueAsync(async () => (done = await single.GetAsync($"/v1/jobs/{job}", token)).Text("status") == "succeeded", "the single job is done", token);
        var all = new List<JsonNode?>();
        foreach (var id in submitted)
            all.Add(await many.GetAsync($"/v1/jobs/{id}", token));
        var (from, until) = (Time(done, "created_at"), Time(done, "started_at"));
        var before = all.Count(other => other?["started_at"] is not null && Time(other, "started_at") > from && Time(other, "started_at") < until);
        TestContext.Current.TestOutputHelper?.WriteLine($"{before} of the crowd were started before it; it waited {(until - from).TotalMilliseconds:0} ms, {all.Count(other => other.Text("status") == "queued")} still waited then");
        // One of the crowd and one by age in the lane's order, and what the two slots were about to take while the job was on its way.
        Assert.InRange(before, 0, 2 + 2);
        foreach (var id in submitted)
            await many.CreateAsync($"/v1/jobs/{id}/cancel", new { }, token);
    }

    private static async Task<string> AgentAsync(ApiClient owner, string model, CancellationToken token) => (await owner.CreateAsync(
        "/v1/agents", new { name = "x", instructions = "x", model, collections = Array.Empty<string>() }, token)).Text("id");

    private static DateTimeOffset Time(JsonNode? job, string name) => job![name]!.GetValue<DateTimeOffset>();
}
