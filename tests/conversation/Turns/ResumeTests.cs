using System.Net;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Turns;

/// <summary>Streams that are taken up again, turns that wait, interrupt, or are cancelled.</summary>
public sealed class ResumeTests(ConversationStack stack)
{
    [Fact]
    public async Task The_rest_of_a_stream_comes_from_any_replica_with_the_same_ids_and_data_also_after_the_end()
    {
        var token = TestContext.Current.CancellationToken;
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Text("One ", "two ", "three ", "four.")), token);
        var live = new List<Frame>();
        await foreach (var frame in stack.At("conversation", 0, stack.Host.ApiKey).StreamAsync("/v1/sessions", new { agent, input = "Count.", stream = true }, token))
            live.Add(frame);
        var path = $"/v1/sessions/{live[0].Data.Text("session_id")}/turns/{live[0].Data.Text("turn_id")}/events";
        var other = stack.At("conversation", 1, stack.Host.ApiKey);

        for (var seen = 0; seen < live.Count; seen++)
        {
            var rest = new List<Frame>();
            await foreach (var frame in other.EventsAsync(path, seen == 0 ? null : live[seen - 1].Id, token))
                rest.Add(frame);
            Assert.Equal(live.Skip(seen).Select(Shown), rest.Select(Shown));
        }
        var after = new List<Frame>();
        await foreach (var frame in other.EventsAsync($"{path}?after={live[1].Id}", null, token))
            after.Add(frame);
        Assert.Equal(live.Skip(2).Select(Shown), after.Select(Shown));
        Assert.Equal(HttpStatusCode.BadRequest, (await other.TryAsync(HttpMethod.Get, $"{path}?after=x", null, token)).Status);

        static (string? Id, string Event, string Data) Shown(Frame frame) => (frame.Id, frame.Event, Sorted(frame.Data));

        // A store may sort the members of what it keeps.
        static string Sorted(JsonNode? data) => data switch
        {
            JsonObject members => $"{{{string.Join(',', members.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"{member.Key}:{Sorted(member.Value)}"))}}}",
            JsonArray items => $"[{string.Join(',', items.Select(Sorted))}]",
            _ => data?.ToJsonString() ?? "null",
        };
    }

    [Fact]
    public async Task Queued_turns_are_answered_in_order_one_after_the_other()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var model = stack.Models.NewModel(Reply.Stream().Text("First").Wait(gate).Text(".").Finish().Usage(10, 2).Done(), Reply.Echo());
        var agent = await stack.NewAgentAsync(model, token);
        var (one, other) = (stack.At("conversation", 0, stack.Host.ApiKey), stack.At("conversation", 1, stack.Host.ApiKey));
        var session = (await one.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");
        var first = one.CreateAsync($"/v1/sessions/{session}/turns", new { input = "First?" }, token);
        await gate.Reached.WaitAsync(token);

        var second = other.CreateAsync($"/v1/sessions/{session}/turns", new { input = "second", on_busy = "queue" }, token);
        await Eventually.TrueAsync(async () => (await Turns()).Count == 2, "the second turn waits", token);
        var third = one.CreateAsync($"/v1/sessions/{session}/turns", new { input = "third", on_busy = "queue" }, token);
        await Eventually.TrueAsync(async () => (await Turns()).Count == 3, "the third turn waits", token);
        Assert.Equal(["running", "queued", "queued"], (await Turns()).Select(turn => turn.Text("status")));
        gate.Open();

        Assert.Equal("First.", (await first)["output"].Text("text"));
        Assert.Equal("second", (await second)["output"].Text("text"));
        Assert.Equal("third", (await third)["output"].Text("text"));
        var prompt = stack.Models.Requests(model)[^1].Body.List("messages").Select(message => message.Text("content"));
        Assert.Equal(["Answer.", "First?", "First.", "second", "second", "third"], prompt);

        async Task<List<JsonNode?>> Turns() => [.. (await one.GetAsync($"/v1/sessions/{session}/turns?order=asc", token)).List("data")];
    }

    [Fact]
    public async Task A_turn_is_cancelled_on_any_replica_and_the_model_call_ends_with_it()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var model = stack.Models.NewModel(Reply.Stream().Text("So far").Wait(gate).Text(" and on").Finish().Usage(10, 2).Done(), Reply.Text("Next."));
        var agent = await stack.NewAgentAsync(model, token);
        var (one, other) = (stack.At("conversation", 0, stack.Host.ApiKey), stack.At("conversation", 1, stack.Host.ApiKey));
        var frames = new List<Frame>();
        string session = "", turn = "";
        await foreach (var frame in one.StreamAsync("/v1/sessions", new { agent, input = "Go on?", stream = true }, token))
        {
            frames.Add(frame);
            if (frame.Event != "turn.delta")
                continue;
            (session, turn) = (frames[0].Data.Text("session_id"), frame.Data.Text("turn_id"));
            var cancelled = await other.CreateAsync($"/v1/sessions/{session}/turns/{turn}/cancel", new { }, token);
            Assert.Equal(("cancelled", "So far"), (cancelled.Text("status"), cancelled["output"].Text("text")));
        }

        Assert.Equal("turn.cancelled", frames[^1].Event);
        await stack.Models.Requests(model)[0].Aborted.WaitAsync(TimeSpan.FromSeconds(20), token);
        gate.Open();
        Assert.Equal("cancelled", (await other.CreateAsync($"/v1/sessions/{session}/turns/{turn}/cancel", new { }, token)).Text("status"));
        Assert.Equal("Next.", (await one.CreateAsync($"/v1/sessions/{session}/turns", new { input = "And now?" }, token))["output"].Text("text"));
    }

    [Fact]
    public async Task An_interrupting_turn_cancels_the_one_that_is_answered_and_goes_before_those_that_wait()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Stream().Text("Never mind").Wait(gate), Reply.Echo()), token);
        var (one, other) = (stack.At("conversation", 0, stack.Host.ApiKey), stack.At("conversation", 1, stack.Host.ApiKey));
        var session = (await one.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");
        var first = one.CreateAsync($"/v1/sessions/{session}/turns", new { input = "first" }, token);
        await gate.Reached.WaitAsync(token);
        var waiting = one.CreateAsync($"/v1/sessions/{session}/turns", new { input = "waiting", on_busy = "queue" }, token);
        await Eventually.TrueAsync(async () => (await one.GetAsync($"/v1/sessions/{session}", token)).Number("turn_count") == 2, "one waits", token);

        var urgent = await other.CreateAsync($"/v1/sessions/{session}/turns", new { input = "urgent", on_busy = "interrupt" }, token);

        Assert.Equal("urgent", urgent["output"].Text("text"));
        Assert.Equal("cancelled", (await first).Text("status"));
        Assert.Equal("waiting", (await waiting)["output"].Text("text"));
        gate.Open();
    }

    [Fact]
    public async Task A_turn_that_is_cancelled_while_it_waits_counts_as_one_that_failed()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var model = stack.Models.NewModel(Reply.Stream().Text("First.").Wait(gate).Finish().Usage(10, 2).Done());
        var client = await stack.NewTenantAsync(token);
        var agent = (await client.CreateAsync("/v1/agents", new { name = "x", instructions = "x", model, collections = Array.Empty<string>() }, token)).Text("id");
        var session = (await client.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");
        var first = client.CreateAsync($"/v1/sessions/{session}/turns", new { input = "first" }, token);
        await gate.Reached.WaitAsync(token);
        var waiting = client.CreateAsync($"/v1/sessions/{session}/turns", new { input = "waiting", on_busy = "queue" }, token);
        await Eventually.TrueAsync(async () => (await client.GetAsync($"/v1/sessions/{session}", token)).Number("turn_count") == 2, "one waits", token);
        var turn = (await client.GetAsync($"/v1/sessions/{session}/turns?order=desc&limit=1", token)).List("data")[0].Text("id");

        await client.CreateAsync($"/v1/sessions/{session}/turns/{turn}/cancel", new { }, token);
        Assert.Equal("cancelled", (await waiting).Text("status"));
        gate.Open();
        Assert.Equal("completed", (await first).Text("status"));
        await Eventually.TrueAsync(
            async () => (await client.GetAsync("/v1/analytics/figures?figures=turns,turns_failed", token)).List("series")
                .Select(series => series.Number("whole")).SequenceEqual([2, 1]),
            "both turns are counted", token);
    }

    [Fact]
    public async Task A_request_that_was_cut_short_is_taken_up_again_under_its_idempotency_key()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Stream().Text("Once").Wait(gate).Text(" only.").Finish().Usage(10, 2).Done()), token);
        var session = (await stack.Operator.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");
        var key = Guid.CreateVersion7().ToString();
        using (var cut = CancellationTokenSource.CreateLinkedTokenSource(token))
        {
            var sending = SendAsync(stack.At("conversation", 0, stack.Host.ApiKey), cut.Token);
            await gate.Reached.WaitAsync(token);
            await cut.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        }
        gate.Open();

        HttpResponseMessage? again = null;
        await Eventually.TrueAsync(
            async () => (again = await SendAsync(stack.At("conversation", 1, stack.Host.ApiKey), token)).StatusCode == HttpStatusCode.OK, "the repetition is answered", token);
        Assert.Contains("Once only.", await again!.Content.ReadAsStringAsync(token), StringComparison.Ordinal);
        Assert.Single((await stack.Operator.GetAsync($"/v1/sessions/{session}/turns", token)).List("data"));

        async Task<HttpResponseMessage> SendAsync(ApiClient client, CancellationToken cancellationToken)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/sessions/{session}/turns") { Content = System.Net.Http.Json.JsonContent.Create(new { input = "How often?" }) };
            request.Headers.Add("Idempotency-Key", key);
            return await client.Http.SendAsync(request, cancellationToken);
        }
    }

    [Fact]
    public async Task A_request_that_is_refused_after_it_made_something_makes_it_once_and_a_better_one_may_have_its_key()
    {
        var token = TestContext.Current.CancellationToken;
        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents",
            new { name = "terse", instructions = "Answer.", model = stack.Models.NewModel(Reply.Text("Fine.")), guardrails = new { input = new { max_characters = 10 } } },
            token)).Text("id");
        var key = Guid.CreateVersion7().ToString();

        Assert.Equal(HttpStatusCode.UnprocessableEntity, await OpenAsync("This is far too long."));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await OpenAsync("This is far too long."));
        Assert.Single((await stack.Operator.GetAsync($"/v1/sessions?agent={agent}", token)).List("data"));
        Assert.Equal(HttpStatusCode.Created, await OpenAsync("Well?"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await OpenAsync("This is far too long."));
        Assert.Equal(2, (await stack.Operator.GetAsync($"/v1/sessions?agent={agent}", token)).List("data").Count);

        async Task<HttpStatusCode> OpenAsync(string input)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/sessions") { Content = System.Net.Http.Json.JsonContent.Create(new { agent, input }) };
            request.Headers.Add("Idempotency-Key", key);
            using var response = await stack.Operator.Http.SendAsync(request, token);
            return response.StatusCode;
        }
    }
}
