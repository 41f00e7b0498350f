using System.Net;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Jobs;

/// <summary>Jobs that come by event.</summary>
public sealed class JobEventTests(ConversationStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_becomes_one_job_however_often_it_is_delivered()
    {
        var owner = await stack.NewTenantAsync(Token);
        var key = (await owner.CreateAsync("/v1/keys", new { name = "events", scopes = new[] { "jobs" } }, Token)).Text("id");
        var data = new JsonObject { ["key"] = key, ["job"] = new JsonObject { ["input"] = "What is new?" } };

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => SayAsync("agents.job.submit.v1", "order-7", data)));

        var job = await OnlyJobAsync(owner);
        Assert.Equal("order-7", job["metadata"].Text("event_id"));
        await SayAsync("agents.job.submit.v1", "order-7", data);
        // A later one shows that the late copy has been taken.
        await SayAsync("agents.job.submit.v1", "order-8", data);
        await Eventually.TrueAsync(async () => (await owner.GetAsync("/v1/jobs", Token)).List("data").Count >= 2, "the other job is there", Token);
        Assert.Equal(2, (await owner.GetAsync("/v1/jobs", Token)).List("data").Count);
    }

    [Fact]
    public async Task Poison_and_events_without_a_valid_key_do_not_hold_up_the_good_ones()
    {
        var owner = await stack.NewTenantAsync(Token);
        var key = (await owner.CreateAsync("/v1/keys", new { name = "events", scopes = new[] { "jobs" } }, Token)).Text("id");
        var revoked = (await owner.CreateAsync("/v1/keys", new { name = "old", scopes = new[] { "jobs" } }, Token)).Text("id");
        (await owner.Http.DeleteAsync($"/v1/keys/{revoked}", Token)).EnsureSuccessStatusCode();
        JsonNode?[] poison =
        [
            null, JsonValue.Create("text"), new JsonObject(), new JsonObject { ["key"] = 7 }, new JsonObject { ["key"] = revoked, ["job"] = new JsonObject { ["input"] = "x" } },
            new JsonObject { ["key"] = "ak_nobody", ["job"] = new JsonObject { ["input"] = "x" } }, new JsonObject { ["key"] = key, ["job"] = new JsonObject { ["input"] = "" } },
            new JsonObject { ["key"] = key, ["job"] = new JsonObject { ["input"] = "x", ["kind"] = "dance" } },
            new JsonObject { ["key"] = key, ["job"] = new JsonObject { ["input"] = "x", ["agent"] = "agent_00000000000000000000000000000000" } },
        ];
        foreach (var (n, data) in poison.Index())
            await SayAsync("agents.job.submit.v1", $"poison-{n}", data?.DeepClone());

        await SayAsync("agents.job.submit.v1", "good", new JsonObject { ["key"] = key, ["job"] = new JsonObject { ["input"] = "What is new?" } });

        Assert.Equal("good", (await OnlyJobAsync(owner))["metadata"].Text("event_id"));
    }

    [Fact]
    public async Task A_rule_makes_jobs_of_other_peoples_events()
    {
        var model = stack.Models.NewModel(Reply.Text("Noted."));
        var agent = await stack.NewAgentAsync(model, Token);
        var type = $"shop.{Guid.CreateVersion7():N}";
        var rule = await stack.Operator.CreateAsync(
            "/v1/jobs/rules",
            new { name = "orders", match = $"event.type == \"{type}\" && event.data.total > 100", job = new { agent, input = "Order {event.data.id} of {event.data.customer.name}: {event.data.none}." } }, Token);
        await Eventually.TrueAsync(
            async () =>
            {
                await SayAsync(type, "small", new JsonObject { ["id"] = "1", ["total"] = 7 });
                await SayAsync(type, "large", new JsonObject { ["id"] = "2", ["total"] = 700, ["customer"] = new JsonObject { ["name"] = "Ada" } });
                return stack.Models.Requests(model).Count > 0;
            },
            "the rule is applied", Token);

        Assert.Equal("Order 2 of Ada: .", Assert.Single(stack.Models.Requests(model)).Body.List("messages")[^1].Text("content"));
        Assert.Equal(HttpStatusCode.NoContent, (await stack.Operator.TryAsync(HttpMethod.Delete, $"/v1/jobs/rules/{rule.Text("id")}", null, Token)).Status);
        var (status, problem) = await stack.Operator.TryAsync(HttpMethod.Post, "/v1/jobs/rules", new { name = "x", match = "event.type ==", job = new { input = "x" } }, Token);
        Assert.Equal((HttpStatusCode.BadRequest, true), (status, problem["errors"]!.AsObject().ContainsKey("match")));
        Assert.Equal(HttpStatusCode.Forbidden, (await (await stack.NewTenantAsync(Token)).TryAsync(HttpMethod.Get, "/v1/jobs/rules", null, Token)).Status);
    }

    private static async Task<JsonNode> OnlyJobAsync(ApiClient owner)
    {
        await Eventually.TrueAsync(async () => (await owner.GetAsync("/v1/jobs", Token)).List("data").Count > 0, "the job is there", Token);
        return Assert.Single((await owner.GetAsync("/v1/jobs", Token)).List("data"))!;
    }

    private Task SayAsync(string type, string id, JsonNode? data) => stack.Publisher.SayAsync(type, id, data?.DeepClone(), Token);
}
