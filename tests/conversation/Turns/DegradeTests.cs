using System.Net;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Turns;

public sealed class DegradeTests(ConversationStack stack)
{
    [Fact]
    public async Task When_no_model_answers_sentences_of_the_passages_do_and_the_turn_and_its_events_say_so()
    {
        var token = TestContext.Current.CancellationToken;
        var owner = await stack.NewTenantAsync(token);
        var collection = (await owner.CreateAsync("/v1/collections", new { name = "leave" }, token)).Text("id");
        await owner.AddReadyDocumentAsync(collection, "leave.md", "Each employee has 27 days of annual leave. Leave must be requested two weeks before.", token);
        var model = stack.Models.NewModel(Reply.Error(500, "Down."));
        var agent = (await owner.CreateAsync(
            "/v1/agents", new { name = "degrading", instructions = "Answer.", model, collections = new[] { collection }, degrade = "extractive" }, token)).Text("id");

        var frames = new List<Frame>();
        await foreach (var frame in owner.StreamAsync("/v1/sessions", new { agent, input = "How many days of annual leave are there?", stream = true }, token))
            frames.Add(frame);

        Assert.Equal("turn.completed", frames[^1].Event);
        Assert.Equal("extractive", frames[^1].Data["degraded"].Text("how"));
        var turn = (await owner.GetAsync($"/v1/sessions/{frames[0].Data.Text("session_id")}/turns", token)).List("data").Single();
        Assert.Equal("extractive", turn!["output"]!["degraded"].Text("how"));
        Assert.Contains("27 days", turn["output"].Text("text"), StringComparison.Ordinal);
        Assert.NotEmpty(turn["output"].List("citations"));
    }

    [Fact]
    public async Task A_fixed_text_takes_the_place_of_half_an_answer()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var model = stack.Models.NewModel(Reply.Stream().Text("Half of").Wait(gate).Cut());
        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents",
            new { name = "degrading", instructions = "Answer.", model, collections = Array.Empty<string>(), degrade = "message", degrade_message = "We are back at nine." },
            token)).Text("id");
        var frames = new List<Frame>();
        await foreach (var frame in stack.Operator.StreamAsync("/v1/sessions", new { agent, input = "All of it?", stream = true }, token))
        {
            frames.Add(frame);
            if (frame.Event == "turn.delta")
                gate.Open();
        }

        Assert.Equal(["turn.started", "turn.delta", "turn.restarted", "turn.delta", "turn.completed"], frames.Select(frame => frame.Event));
        var turn = (await stack.Operator.GetAsync($"/v1/sessions/{frames[0].Data.Text("session_id")}/turns", token)).List("data").Single();
        Assert.Equal("We are back at nine.", turn!["output"].Text("text"));
        Assert.Equal("message", turn["output"]!["degraded"].Text("how"));
    }

    [Theory]
    [InlineData("extractive")]
    [InlineData("message")]
    public async Task What_takes_the_place_of_an_answer_is_guarded_as_an_answer_is(string degrade)
    {
        var token = TestContext.Current.CancellationToken;
        var collection = (await stack.Operator.CreateAsync("/v1/collections", new { name = $"desk {degrade}" }, token)).Text("id");
        await stack.Operator.AddReadyDocumentAsync(collection, "desk.md", "The help desk answers at desk@example.org.", token);
        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents",
            new
            {
                name = $"guarded {degrade}",
                instructions = "Answer.",
                model = stack.Models.NewModel(Reply.Error(500, "Down.")),
                collections = new[] { collection },
                degrade,
                degrade_message = "Write to desk@example.org.",
                guardrails = new { output = new { pii = "mask" } },
            },
            token)).Text("id");

        var output = (await stack.Operator.CreateAsync("/v1/sessions", new { agent, input = "Where does the help desk answer?" }, token))["turn"]!["output"];

        Assert.Equal(degrade, output!["degraded"].Text("how"));
        Assert.Contains("[email]", output.Text("text"), StringComparison.Ordinal);
        Assert.DoesNotContain("desk@", output.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_without_its_text_and_a_model_that_does_not_exist_are_told_as_they_are()
    {
        var token = TestContext.Current.CancellationToken;
        var (status, problem) = await stack.Operator.TryAsync(HttpMethod.Post, "/v1/agents", new { name = "x", instructions = "x", degrade = "message" }, token);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("degrade_message", problem.Text("detail"), StringComparison.Ordinal);

        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents", new { name = "x", instructions = "x", model = "no-such-model", collections = Array.Empty<string>(), degrade = "message", degrade_message = "Later." }, token)).Text("id");
        (status, problem) = await stack.Operator.TryAsync(HttpMethod.Post, "/v1/sessions", new { agent, input = "Hello?" }, token);
        Assert.Equal((HttpStatusCode.BadGateway, "model_not_found"), (status, problem.Text("code")));
    }
}
