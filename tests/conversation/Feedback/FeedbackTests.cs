using System.Net;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Feedback;

public sealed class FeedbackTests(ConversationStack stack)
{
    [Fact]
    public async Task The_last_rating_stands_the_same_one_again_changes_nothing_and_the_turn_shows_it()
    {
        var token = TestContext.Current.CancellationToken;
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Text("Yes.")), token);
        var session = await stack.Operator.CreateAsync("/v1/sessions", new { agent, input = "Is it?" }, token);
        var path = $"/v1/sessions/{session.Text("id")}/turns/{session["turn"].Text("id")}";

        Assert.Equal(1, (await stack.Operator.CreateAsync($"{path}/feedback", new { rating = "up" }, token)).Number("revision"));
        Assert.Equal(1, (await stack.Operator.CreateAsync($"{path}/feedback", new { rating = "up" }, token)).Number("revision"));
        Assert.Equal(2, (await stack.Operator.CreateAsync($"{path}/feedback", new { rating = "down", comment = "Too short." }, token)).Number("revision"));

        var feedback = (await stack.Operator.GetAsync(path, token))["feedback"];
        Assert.Equal(("down", "Too short."), (feedback.Text("rating"), feedback.Text("comment")));
    }

    [Theory]
    [InlineData("sideways", null, HttpStatusCode.BadRequest)]
    [InlineData(null, "No rating.", HttpStatusCode.BadRequest)]
    [InlineData("up", 2_001, HttpStatusCode.BadRequest)]
    [InlineData("up", 2_000, HttpStatusCode.OK)]
    public async Task A_rating_is_up_or_down_and_a_comment_has_a_limit(string? rating, object? comment, HttpStatusCode expected)
    {
        var token = TestContext.Current.CancellationToken;
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Text("Yes.")), token);
        var session = await stack.Operator.CreateAsync("/v1/sessions", new { agent, input = "Is it?" }, token);
        var path = $"/v1/sessions/{session.Text("id")}/turns/{session["turn"].Text("id")}/feedback";

        var (status, _) = await stack.Operator.TryAsync(HttpMethod.Post, path, new { rating, comment = comment is int length ? new string('c', length) : comment }, token);

        Assert.Equal(expected, status);
    }

    [Fact]
    public async Task A_turn_that_is_still_answered_cannot_be_rated()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Stream().Text("Well").Wait(gate).Text(".").Finish().Usage(1, 1).Done()), token);
        var session = (await stack.Operator.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");
        var asking = stack.Operator.CreateAsync($"/v1/sessions/{session}/turns", new { input = "Well?" }, token);
        await gate.Reached.WaitAsync(token);
        var turn = (await stack.Operator.GetAsync($"/v1/sessions/{session}/turns", token)).List("data")[0].Text("id");

        var (status, problem) = await stack.Operator.TryAsync(HttpMethod.Post, $"/v1/sessions/{session}/turns/{turn}/feedback", new { rating = "up" }, token);

        Assert.Equal((HttpStatusCode.Conflict, "turn_not_ended"), (status, problem.Text("code")));
        gate.Open();
        await asking;
        Assert.Equal(1, (await stack.Operator.CreateAsync($"/v1/sessions/{session}/turns/{turn}/feedback", new { rating = "up" }, token)).Number("revision"));
    }
}
