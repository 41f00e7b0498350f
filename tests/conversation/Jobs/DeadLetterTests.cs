using System.Net;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Jobs;

/// <summary>Jobs that used up their attempts.</summary>
public sealed class DeadLetterTests(ConversationStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dead_job_is_listed_with_its_reason_and_lives_again_without_doing_twice_what_its_tools_did()
    {
        var owner = await stack.NewTenantAsync(Token);
        var tool = stack.Tools.Route((context, _) => context.Response.WriteAsync("sent"));
        var model = stack.Models.NewModel(Reply.ToolCall("send", "{}"), Reply.Error(500, "Down."));
        var agent = (await owner.CreateAsync(
            "/v1/agents",
            new { name = "sender", instructions = "Send.", model, collections = Array.Empty<string>(), lane = "frail", tools = new[] { new { type = "http", name = "send", url = tool } } }, Token)).Text("id");
        var path = $"/{Guid.CreateVersion7():N}/0";

        var job = (await owner.CreateAsync("/v1/jobs", new { agent, input = "Send it.", callback_url = $"http://{stack.Webhooks.Authority}{path}" }, Token)).Text("id");

        await Eventually.TrueAsync(async () => (await owner.GetAsync($"/v1/jobs/{job}", Token)).Text("status") == "dead", "the job is dead", Token, TimeSpan.FromSeconds(60));
        // A job has the end that its log says a moment before it is settled.
        await Eventually.TrueAsync(async () => (await owner.GetAsync("/v1/dead-letters", Token)).List("data").Count > 0, "it is listed", Token);
        var letter = Assert.Single((await owner.GetAsync("/v1/dead-letters", Token)).List("data"))!;
        Assert.Equal((job, 2, 32), (letter.Text("id"), letter.Number("attempts"), letter.Text("trace_id").Length));
        Assert.Equal(letter["error"].Text("code"), (await owner.GetAsync($"/v1/dead-letters/{job}", Token))["error"].Text("code"));
        Assert.Empty((await owner.GetAsync("/v1/dead-letters?reason=other", Token)).List("data"));
        await Eventually.TrueAsync(() => stack.Webhooks.At(path).Count == 1, "the webhook arrives", Token);
        Assert.Equal("job.dead", JsonNode.Parse(stack.Webhooks.At(path)[0].Body).Text("type"));

        stack.Models.Script(model, Reply.Text("It is sent."));
        var done = await owner.CreateAsync("/v1/dead-letters/redrive", new { lane = "frail" }, Token);

        Assert.Equal(1, done.Number("count"));
        await Eventually.TrueAsync(async () => (await owner.GetAsync($"/v1/jobs/{job}", Token)).Text("status") == "succeeded", "the job succeeds", Token, TimeSpan.FromSeconds(40));
        Assert.Equal("It is sent.", (await owner.GetAsync($"/v1/jobs/{job}/result", Token))["output"].Text("text"));
        Assert.Single(stack.Tools.Requests(tool));
        Assert.Empty((await owner.GetAsync("/v1/dead-letters", Token)).List("data"));
        Assert.Equal(HttpStatusCode.Conflict, (await owner.TryAsync(HttpMethod.Post, $"/v1/jobs/{job}/redrive", new { }, Token)).Status);
        await Eventually.TrueAsync(() => stack.Webhooks.At(path).Count == 2, "the other end is told, too", Token);
        Assert.Equal([$"{job}.ended", $"{job}.ended.1"], stack.Webhooks.At(path).Select(received => received.Id));
    }

    [Fact]
    public async Task Dead_letters_are_purged_one_or_many()
    {
        var owner = await stack.NewTenantAsync(Token);
        var model = stack.Models.NewModel(Reply.Error(500, "Down."));
        var agent = (await owner.CreateAsync("/v1/agents", new { name = "x", instructions = "x", model, collections = Array.Empty<string>() }, Token)).Text("id");
        for (var n = 0; n < 3; n++)
            await owner.CreateAsync("/v1/jobs", new { agent, input = "x", lane = "frail" }, Token);
        await Eventually.TrueAsync(async () => (await owner.GetAsync("/v1/dead-letters", Token)).List("data").Count == 3, "all are dead", Token, TimeSpan.FromSeconds(60));
        var first = (await owner.GetAsync("/v1/dead-letters", Token)).List("data")[0].Text("id");

        Assert.Equal(HttpStatusCode.NoContent, (await owner.TryAsync(HttpMethod.Delete, $"/v1/dead-letters/{first}", null, Token)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await owner.TryAsync(HttpMethod.Get, $"/v1/jobs/{first}", null, Token)).Status);
        Assert.Equal(2, (await owner.CreateAsync("/v1/dead-letters/purge", new { }, Token)).Number("count"));
        Assert.Empty((await owner.GetAsync("/v1/jobs", Token)).List("data"));
    }
}
