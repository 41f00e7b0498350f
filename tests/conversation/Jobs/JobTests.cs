using System.Net;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Jobs;

/// <summary>Jobs as their submitters meet them.</summary>
public sealed class JobTests(ConversationStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_is_accepted_run_and_its_result_kept()
    {
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Text("Forty", "-two.")), Token);

        using var accepted = await stack.Operator.Http.PostAsJsonAsync("/v1/jobs", new { kind = "turn", agent, input = "How much?", metadata = new { order = "7" } }, Token);
        var job = (await accepted.Content.ReadFromJsonAsync<JsonNode>(Token))!;

        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        Assert.Equal($"/v1/jobs/{job.Text("id")}", accepted.Headers.Location!.OriginalString);
        Assert.InRange(accepted.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Equal(("queued", "standard", "7"), (job.Text("status"), job.Text("lane"), job["metadata"].Text("order")));
        var ended = await EndedAsync(stack.Operator, job);
        Assert.Equal(("succeeded", 1), (ended.Text("status"), ended.Number("attempts")));
        Assert.Equal(Reply.PromptTokens, ended["usage"].Number("prompt_tokens"));
        var result = await stack.Operator.GetAsync($"/v1/jobs/{job.Text("id")}/result", Token);
        Assert.Equal("Forty-two.", result["output"].Text("text"));
    }

    [Fact]
    public async Task Whoever_prefers_to_wait_gets_the_end_with_the_answer()
    {
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Text("Done.")), Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs") { Content = JsonContent.Create(new { agent, input = "Do it." }) };
        request.Headers.Add("Prefer", "wait=30");

        using var response = await stack.Operator.Http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("wait=30", response.Headers.GetValues("Preference-Applied").Single());
        Assert.Equal("succeeded", (await response.Content.ReadFromJsonAsync<JsonNode>(Token)).Text("status"));
    }

    [Fact]
    public async Task Progress_streams_from_any_replica_and_can_be_taken_up_again()
    {
        var gate = new Gate();
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Stream().Text("One, ").Wait(gate).Text("two.").Finish().Usage(10, 2).Done()), Token);
        var job = await stack.Operator.CreateAsync("/v1/jobs", new { agent, input = "Count." }, Token);
        var path = $"/v1/jobs/{job.Text("id")}/events";
        string? last = null;
        await foreach (var frame in stack.At("conversation", 0, stack.Host.ApiKey).EventsAsync(path, null, Token))
        {
            last = frame.Id;
            if (frame.Event == "turn.delta")
                break;
        }
        gate.Open();

        var rest = new List<Frame>();
        await foreach (var frame in stack.At("conversation", 1, stack.Host.ApiKey).EventsAsync(path, last, Token))
            rest.Add(frame);

        Assert.Equal(["turn.delta", "turn.completed"], rest.Select(frame => frame.Event));
        Assert.Equal("two.", rest[0].Data.Text("text"));
        Assert.Equal("succeeded", (await stack.Operator.GetAsync($"/v1/jobs/{job.Text("id")}", Token)).Text("status"));
    }

    [Fact]
    public async Task A_failure_that_may_pass_is_tried_again_and_one_that_cannot_is_the_end()
    {
        var passing = stack.Models.NewModel(Reply.Error(500, "Down."), Reply.Error(500, "Down."), Reply.Error(500, "Down."), Reply.Text("Up."));
        var job = await EndedAsync(stack.Operator, await SubmitAsync(await stack.NewAgentAsync(passing, Token)));
        Assert.Equal("succeeded", job.Text("status"));
        Assert.InRange(job.Number("attempts"), 1, 4);

        var agent = await stack.NewAgentAsync("no-such-model", Token);
        job = await EndedAsync(stack.Operator, await SubmitAsync(agent));
        Assert.Equal(("failed", 1), (job.Text("status"), job.Number("attempts")));
        Assert.Equal("model_not_found", job["error"].Text("code"));
        Assert.DoesNotContain((await stack.Operator.GetAsync("/v1/dead-letters?limit=100", Token)).List("data"), letter => letter.Text("id") == job.Text("id"));
    }

    [Fact]
    public async Task A_running_and_a_waiting_job_can_be_cancelled_and_stay_so()
    {
        var gate = new Gate();
        var model = stack.Models.NewModel(Reply.Stream().Text("For").Wait(gate).Text(" ever.").Finish().Usage(10, 2).Done());
        var agent = await stack.NewAgentAsync(model, Token);
        var job = await SubmitAsync(agent);
        await gate.Reached.WaitAsync(Token);

        var cancelled = await stack.Operator.CreateAsync($"/v1/jobs/{job.Text("id")}/cancel", new { }, Token);

        Assert.Equal("cancelled", cancelled.Text("status"));
        await stack.Models.Requests(model)[0].Aborted.WaitAsync(TimeSpan.FromSeconds(20), Token);
        var events = new List<string>();
        await foreach (var frame in stack.Operator.EventsAsync($"/v1/jobs/{job.Text("id")}/events", null, Token))
            events.Add(frame.Event);
        Assert.Equal("turn.cancelled", events[^1]);
        Assert.Equal("cancelled", (await stack.Operator.CreateAsync($"/v1/jobs/{job.Text("id")}/cancel", new { }, Token)).Text("status"));
        var result = await stack.Operator.GetAsync($"/v1/jobs/{job.Text("id")}/result", Token);
        Assert.Equal("cancelled", result.Text("status"));
    }

    [Fact]
    public async Task The_same_key_gives_the_same_job_and_lists_are_the_tenants_own()
    {
        var (owner, thief) = (await stack.NewTenantAsync(Token), await stack.NewTenantAsync(Token));
        var first = await KeyedAsync(owner, "once", "Hello?");
        var again = await KeyedAsync(owner, "once", "Hello?");
        Assert.Equal(first.Body.Text("id"), again.Body.Text("id"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await KeyedAsync(owner, "once", "Something else?")).Status);

        Assert.Equal(first.Body.Text("id"), Assert.Single((await owner.GetAsync("/v1/jobs", Token)).List("data")).Text("id"));
        Assert.Empty((await owner.GetAsync("/v1/jobs?lane=batch", Token)).List("data"));
        Assert.Empty((await thief.GetAsync("/v1/jobs", Token)).List("data"));
        foreach (var path in new[] { "", "/result", "/events" })
            Assert.Equal(HttpStatusCode.NotFound, (await thief.TryAsync(HttpMethod.Get, $"/v1/jobs/{first.Body.Text("id")}{path}", null, Token)).Status);
    }

    [Fact]
    public async Task A_long_input_is_kept_in_pages_and_reaches_the_model_whole()
    {
        var model = stack.Models.NewModel(Reply.Text("Long."));
        var input = string.Concat(Enumerable.Range(0, 22_000).Select(n => $"{n:00000} äöü🙂 "));
        var job = await EndedAsync(stack.Operator, await SubmitAsync(await stack.NewAgentAsync(model, Token), new { input = input[..250_000] }));

        Assert.Equal("succeeded", job.Text("status"));
        Assert.Equal(input[..250_000], stack.Models.Requests(model)[0].Body.List("messages")[^1].Text("content"));
    }

    [Theory]
    [InlineData("""{"input":"x","kind":"dance"}""", "kind")]
    [InlineData("""{"input":""}""", "input")]
    [InlineData("""{"input":"x","lane":"fast"}""", "lane")]
    [InlineData("""{"input":"x","deadline":"2020-01-01T00:00:00Z"}""", "deadline")]
    [InlineData("""{"input":"x","callback_url":"ftp://example.com/"}""", "callback_url")]
    [InlineData("""{"input":"x","result_ttl_seconds":1}""", "result_ttl_seconds")]
    public async Task What_is_wrong_with_a_job_is_said_by_field(string body, string field)
    {
        var (status, problem) = await stack.Operator.TryAsync(HttpMethod.Post, "/v1/jobs", JsonNode.Parse(body)!, Token);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(problem["errors"]!.AsObject(), error => error.Key.Contains(field, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_job_past_its_deadline_fails_without_being_run()
    {
        var gate = new Gate();
        var model = stack.Models.NewModel(Reply.Error(503, "Busy.", retryAfter: 30));
        var job = await SubmitAsync(await stack.NewAgentAsync(model, Token), new { input = "Soon.", deadline = TimeProvider.System.GetUtcNow().AddSeconds(3) });

        var ended = await EndedAsync(stack.Operator, job);

        Assert.Equal("failed", ended.Text("status"));
        Assert.Equal("deadline_exceeded", ended["error"].Text("code"));
    }

    private async Task<JsonNode> SubmitAsync(string agent, object? more = null)
    {
        var body = more is null ? new JsonObject { ["input"] = "Go." } : System.Text.Json.JsonSerializer.SerializeToNode(more)!.AsObject();
        body["agent"] = agent;
        return await stack.Operator.CreateAsync("/v1/jobs", body, Token);
    }

    private static async Task<JsonNode> EndedAsync(ApiClient api, JsonNode job)
    {
        JsonNode? found = null;
        await Eventually.TrueAsync(
            async () => (found = await api.GetAsync($"/v1/jobs/{job.Text("id")}", Token)).Text("status") is not ("queued" or "running"), "the job ends", Token, TimeSpan.FromSeconds(40));
        return found!;
    }

    private static async Task<(HttpStatusCode Status, JsonNode Body)> KeyedAsync(ApiClient api, string key, string input)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/jobs") { Content = JsonContent.Create(new { input }) };
        request.Headers.Add("Idempotency-Key", key);
        using var response = await api.Http.SendAsync(request, Token);
        return (response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonNode>(Token))!);
    }
}
