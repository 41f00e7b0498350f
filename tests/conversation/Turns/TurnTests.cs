using System.Net;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Turns;

public sealed class TurnTests(ConversationStack stack)
{
    [Fact]
    public async Task A_second_turn_while_one_is_answered_is_refused_on_any_replica_and_welcome_afterwards()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var model = stack.Models.NewModel(Reply.Stream().Text("Slowly").Wait(gate).Text(" done.").Finish().Usage(10, 2).Done(), Reply.Text("Again."));
        var agent = await stack.NewAgentAsync(model, token);
        var session = (await stack.Operator.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");
        var first = stack.At("conversation", 0, stack.Host.ApiKey).CreateAsync($"/v1/sessions/{session}/turns", new { input = "First?" }, token);
        await gate.Reached.WaitAsync(token);

        var (status, refusal) = await stack.At("conversation", 1, stack.Host.ApiKey)
            .TryAsync(HttpMethod.Post, $"/v1/sessions/{session}/turns", new { input = "Second?" }, token);

        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Equal("session_busy", refusal.Text("code"));
        Assert.Equal("busy", (await stack.Operator.GetAsync($"/v1/sessions/{session}", token)).Text("status"));
        gate.Open();
        Assert.Equal("Slowly done.", (await first)["output"].Text("text"));
        Assert.Equal("Again.", (await stack.Operator.CreateAsync($"/v1/sessions/{session}/turns", new { input = "Second?" }, token))["output"].Text("text"));
        // The refused turn left no trace.
        Assert.Equal(2, (await stack.Operator.GetAsync($"/v1/sessions/{session}/turns", token)).List("data").Count);
    }

    [Fact]
    public async Task Closing_the_stream_does_not_cancel_the_turn()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Stream().Text("Nobody").Wait(gate).Text(" listens.").Finish().Usage(10, 2).Done()), token);
        string? session = null, turn = null;
        await foreach (var frame in stack.Operator.StreamAsync("/v1/sessions", new { agent, input = "Hello?", stream = true }, token))
        {
            session ??= frame.Data.Text("session_id");
            turn = frame.Data.Text("turn_id");
            if (frame.Event == "turn.delta")
                break;
        }
        gate.Open();

        await Eventually.TrueAsync(
            async () => (await stack.Operator.GetAsync($"/v1/sessions/{session}/turns/{turn}", token)).Text("status") == "completed", "the turn is completed", token);
        Assert.Equal("Nobody listens.", (await stack.Operator.GetAsync($"/v1/sessions/{session}/turns/{turn}", token))["output"].Text("text"));
    }

    [Theory]
    [InlineData(400, HttpStatusCode.BadGateway)]
    [InlineData(429, HttpStatusCode.ServiceUnavailable)]
    [InlineData(500, HttpStatusCode.ServiceUnavailable)]
    public async Task A_model_that_fails_gives_a_clear_refusal_and_a_failed_turn_that_can_be_asked_again(int upstream, HttpStatusCode expected)
    {
        var token = TestContext.Current.CancellationToken;
        var error = Reply.Error(upstream, "The upstream's own words.");
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(error, error, error, Reply.Text("Better.")), token);
        var session = (await stack.Operator.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");

        var (status, problem) = await stack.Operator.TryAsync(HttpMethod.Post, $"/v1/sessions/{session}/turns", new { input = "Well?" }, token);

        Assert.Equal(expected, status);
        Assert.DoesNotContain("own words", problem.Text("detail"), StringComparison.Ordinal);
        var turn = Assert.Single((await stack.Operator.GetAsync($"/v1/sessions/{session}/turns", token)).List("data"));
        Assert.Equal("failed", turn.Text("status"));
        Assert.Equal(problem.Text("code"), turn!["error"].Text("code"));
        await Eventually.TrueAsync(
            async () => (await stack.Operator.TryAsync(HttpMethod.Post, $"/v1/sessions/{session}/turns", new { input = "Well?" }, token)).Status == HttpStatusCode.OK,
            "asking again succeeds", token);
    }

    [Fact]
    public async Task A_model_that_breaks_off_ends_the_stream_with_turn_failed()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Stream().Text("Half of").Wait(gate).Cut()), token);
        var frames = new List<Frame>();
        await foreach (var frame in stack.Operator.StreamAsync("/v1/sessions", new { agent, input = "All of it?", stream = true }, token))
        {
            frames.Add(frame);
            if (frame.Event == "turn.delta")
                gate.Open();
        }

        Assert.Equal(["turn.started", "turn.delta", "turn.failed"], frames.Select(frame => frame.Event));
        Assert.True(frames[^1].Data["error"]!["retryable"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData("refuse")]
    [InlineData("without_sources")]
    public async Task When_retrieval_is_away_the_agents_policy_decides(string degrade)
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.Text("From memory."));
        var agent = (await stack.Operator.CreateAsync("/v1/agents", new { name = "degrading", instructions = "Answer.", model, degrade }, token)).Text("id");
        var retrieval = stack.Host.Services.Single(child => child.AppId == "retrieval");
        await retrieval.StopAsync();
        try
        {
            var (status, body) = await stack.Operator.TryAsync(HttpMethod.Post, "/v1/sessions", new { agent, input = "What do you know?" }, token);
            if (degrade == "refuse")
            {
                Assert.Equal((HttpStatusCode.ServiceUnavailable, "retrieval_unavailable"), (status, body.Text("code")));
            }
            else
            {
                Assert.Equal(HttpStatusCode.Created, status);
                Assert.True(body["turn"]!["output"]!["without_sources"]!.GetValue<bool>());
            }
        }
        finally
        {
            retrieval.Start();
            await retrieval.WaitUntilReadyAsync(token);
        }
    }

    [Fact]
    public async Task Turns_are_listed_in_pages_in_either_order()
    {
        var token = TestContext.Current.CancellationToken;
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Text("Yes.")), token);
        var session = (await stack.Operator.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");
        var asked = new List<string>();
        for (var n = 0; n < 5; n++)
            asked.Add((await stack.Operator.CreateAsync($"/v1/sessions/{session}/turns", new { input = $"Number {n}?" }, token)).Text("id"));

        Assert.Equal(asked, await PagedAsync("asc"));
        Assert.Equal(Enumerable.Reverse(asked), await PagedAsync("desc"));

        async Task<List<string>> PagedAsync(string order)
        {
            var ids = new List<string>();
            for (var more = true; more;)
            {
                var after = ids.Count > 0 ? $"&after={ids[^1]}" : "";
                var page = await stack.Operator.GetAsync($"/v1/sessions/{session}/turns?limit=2&order={order}{after}", token);
                ids.AddRange(page.List("data").Select(turn => turn.Text("id")));
                more = page["has_more"]!.GetValue<bool>();
            }
            return ids;
        }
    }

    [Fact]
    public async Task A_deleted_session_is_gone_with_its_turns()
    {
        var token = TestContext.Current.CancellationToken;
        var session = await stack.Operator.CreateAsync("/v1/sessions", new { input = "Remember me?" }, token);
        var path = $"/v1/sessions/{session.Text("id")}";

        (await stack.Operator.Http.DeleteAsync(path, token)).EnsureSuccessStatusCode();

        Assert.Equal(HttpStatusCode.NotFound, (await stack.Operator.TryAsync(HttpMethod.Get, path, null, token)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await stack.Operator.TryAsync(HttpMethod.Get, $"{path}/turns/{session["turn"].Text("id")}", null, token)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await stack.Operator.TryAsync(HttpMethod.Post, $"{path}/turns", new { input = "Hello?" }, token)).Status);
        Assert.DoesNotContain((await stack.Operator.GetAsync("/v1/sessions?limit=100", token)).List("data"), listed => listed.Text("id") == session.Text("id"));
    }
}
