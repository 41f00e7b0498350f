using System.Text;
using Agents.Testing;
using Agents.Testing.Attacks;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Turns;

/// <summary>Whatever a model says stays data.</summary>
public sealed class OutputTests(ConversationStack stack)
{
    [Theory]
    [InlineData("\n\nevent: turn.failed\ndata: {}\n\nid: 99\n")]
    [InlineData("\r\rdata: [DONE]\r\r: comment\n")]
    [InlineData("<script>alert(1)</script><img src=x onerror=alert(1)>")]
    [InlineData("\u001b[2J\u001b]0;title\u0007\u0000\u202e{{7*7}}${jndi:ldap://x} '; DROP TABLE turns; --")]
    [InlineData("\"}]} \\u0000 \\ \ud83d\ude00 \u2028\u2029 \ufeff")]
    public async Task It_arrives_as_it_was_said_and_breaks_no_frame(string said)
    {
        var token = TestContext.Current.CancellationToken;
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Text(said, said)), token);
        var (text, events) = (new StringBuilder(), new List<string>());
        string session = "", turn = "";
        await foreach (var frame in stack.Operator.StreamAsync("/v1/sessions", new { agent, input = "Say it.", stream = true }, token))
        {
            events.Add(frame.Event);
            turn = frame.Data.Text("turn_id");
            if (frame.Event == "turn.started")
                session = frame.Data.Text("session_id");
            if (frame.Event == "turn.delta")
                text.Append(frame.Data.Text("text"));
        }
        Assert.Equal(["turn.started", "turn.delta", "turn.completed"], events.Distinct());
        Assert.Equal(said + said, text.ToString());
        Assert.Equal(said + said, (await stack.Operator.GetAsync($"/v1/sessions/{session}/turns/{turn}", token))["output"].Text("text"));
    }

    [Fact]
    public async Task Hostile_answers_stay_text_lose_forbidden_links_and_are_in_no_log()
    {
        var trials = await new OutputAttack(stack, seed: 38).RunAsync(30, TestContext.Current.CancellationToken);
        Assert.True(trials.Good, trials.ToString());
    }

    [Fact]
    public async Task A_line_of_150_000_characters_arrives_and_one_without_end_is_broken_off()
    {
        var token = TestContext.Current.CancellationToken;
        var line = string.Concat(Enumerable.Repeat("0123456789", 15_000));
        var model = stack.Models.NewModel(Reply.Text(line), Reply.Stream().Endless(new string('x', 5_000)));
        var agent = await stack.NewAgentAsync(model, token);
        var opened = await stack.Operator.CreateAsync("/v1/sessions", new { agent, input = "Long." }, token);
        Assert.Equal(line, opened["turn"]!["output"].Text("text"));

        var (status, problem) = await stack.Operator.TryAsync(HttpMethod.Post, "/v1/sessions", new { agent, input = "Endless." }, token);

        Assert.Equal((502, "answer_too_long"), ((int)status, problem.Text("code")));
        await stack.Models.Requests(model)[1].Aborted.WaitAsync(TimeSpan.FromSeconds(10), token);
    }

    [Fact]
    public async Task A_silent_stream_is_kept_open_by_comments_on_every_replica()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Stream().Wait(gate).Text("At last.").Finish().Usage(10, 2).Done()), token);
        var session = (await stack.Operator.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");
        var asked = stack.At("conversation", 0, stack.Host.ApiKey).CreateAsync($"/v1/sessions/{session}/turns", new { input = "Well?" }, token);
        await gate.Reached.WaitAsync(token);
        var turn = (await stack.Operator.GetAsync($"/v1/sessions/{session}/turns", token)).List("data")[0].Text("id");

        var heads = await Task.WhenAll(new[] { 0, 1 }.Select(replica => HeadAsync(stack.At("conversation", replica, stack.Host.ApiKey))));

        Assert.All(heads, head => Assert.StartsWith("retry: 1000\n\n", head, StringComparison.Ordinal));
        gate.Open();
        Assert.Equal("At last.", (await asked)["output"].Text("text"));

        async Task<string> HeadAsync(ApiClient client)
        {
            using var response = await client.Http.GetAsync($"/v1/sessions/{session}/turns/{turn}/events", HttpCompletionOption.ResponseHeadersRead, token);
            await using var stream = await response.Content.ReadAsStreamAsync(token);
            var read = new StringBuilder();
            var buffer = new byte[1_024];
            while (!read.ToString().Contains("\n\n: ", StringComparison.Ordinal))
                read.Append(Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer, token).AsTask().WaitAsync(TimeSpan.FromSeconds(20), token)));
            return read.ToString();
        }
    }
}
