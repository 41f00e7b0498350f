using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.Attacks;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Tools;

/// <summary>Tools that ask by an event and wait for the reply.</summary>
public sealed class EventToolTests(ConversationStack stack)
{
    [Fact]
    public async Task The_first_reply_to_the_event_is_the_result_and_what_does_not_fit_is_dropped()
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.ToolCall("approve", """{"amount":7}"""), Reply.Text("Approved."));
        var agent = await stack.NewAgentAsync(model, token, new { type = "event", name = "approve", event_type = "example.approve.v1", timeout_seconds = 20 });

        var events = new List<string>();
        await foreach (var frame in stack.Operator.StreamAsync("/v1/sessions", new { agent, input = "May I?", stream = true }, token))
        {
            events.Add(frame.Event);
            if (frame.Event != "turn.tool" || frame.Data.Text("status") != "started")
                continue;
            var call = frame.Data.Text("tool_call_id");
            // Broken, foreign, unknown and late replies change nothing.
            await stack.Publisher.SayAsync([Publisher.Event("example.other.v1", new JsonObject { ["tool_call_id"] = call, ["result"] = "wrong type" }).ToJsonString()], token);
            await stack.Publisher.SayAsync([Publisher.Event("agents.tool.reply.v1", new JsonObject { ["tool_call_id"] = 7, ["result"] = "wrong id" }).ToJsonString()], token);
            await stack.Publisher.SayAsync([Publisher.Event("agents.tool.reply.v1", new JsonObject { ["tool_call_id"] = "nobody.0.0", ["result"] = "unknown" }).ToJsonString()], token);
            // The tool may not yet wait when its start is seen: a reply nobody waits for is dropped, so it is sent until it counts.
            await Eventually.TrueAsync(
                async () =>
                {
                    await stack.Publisher.SayAsync([Publisher.Event("agents.tool.reply.v1", new JsonObject { ["tool_call_id"] = call, ["result"] = "yes" }).ToJsonString()], token);
                    return stack.Models.Requests(model).Count == 2;
                },
                "the reply is taken", token);
        }

        Assert.Equal(["turn.started", "turn.tool", "turn.tool", "turn.delta", "turn.completed"], events);
        Assert.Equal("yes", stack.Models.Requests(model)[1].Body.List("messages")[^1].Text("content"));
    }

    [Fact]
    public async Task Replies_that_come_again_late_broken_and_in_any_order_give_each_call_its_own_first_one()
    {
        var trials = await new RepeatedReplies(stack, seed: 13).RunAsync(shuffles: 5, events: 200, TestContext.Current.CancellationToken);
        Assert.True(trials.Good, trials.ToString());
    }

    [Fact]
    public async Task A_reply_that_never_comes_is_a_result_too()
    {
        var token = TestContext.Current.CancellationToken;
        var model = stack.Models.NewModel(Reply.ToolCall("approve", "{}"), Reply.Text("Nobody answers."));
        var agent = await stack.NewAgentAsync(model, token, new { type = "event", name = "approve", event_type = "example.approve.v1", timeout_seconds = 1 });

        var turn = (await stack.Operator.CreateAsync("/v1/sessions", new { agent, input = "May I?" }, token))["turn"];

        Assert.Equal("Nobody answers.", turn!["output"].Text("text"));
        Assert.Equal("The tool did not answer within 1 seconds.", stack.Models.Requests(model)[1].Body.List("messages")[^1].Text("content"));
    }
}
