using System.Diagnostics;
using System.Globalization;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Agents.Testing.Requests;
using Xunit;

namespace Agents.Conversation.Tests.Turns;

/// <summary>What becomes of a turn when its replica goes, suddenly or in order.</summary>
public sealed class ReplicaLossTests(ConversationStack stack)
{
    [Fact]
    public async Task A_turn_cut_by_a_kill_is_taken_over_and_its_stream_goes_on_at_the_other_replica()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Stream().Text("I was").Wait(gate), Reply.Text("Here ", "I am.")), token);
        var (doomed, other) = (stack.At("conversation", 0, stack.Host.ApiKey), stack.At("conversation", 1, stack.Host.ApiKey));
        var session = (await other.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");
        var seen = new List<Frame>();
        var killed = 0L;
        try
        {
            await foreach (var frame in doomed.StreamAsync($"/v1/sessions/{session}/turns", new { input = "Where are you?", stream = true }, token))
            {
                seen.Add(frame);
                if (frame.Event != "turn.delta")
                    continue;
                killed = Stopwatch.GetTimestamp();
                stack.Host.Services.Single(child => child is { AppId: "conversation", Replica: 0 }).Kill();
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            // The kill cuts the connection.
        }
        Assert.Equal(["turn.started", "turn.delta"], seen.Select(frame => frame.Event));

        var turn = seen[0].Data.Text("turn_id");
        var rest = new List<Frame>();
        await foreach (var frame in other.EventsAsync($"/v1/sessions/{session}/turns/{turn}/events", seen[^1].Id, token))
        {
            rest.Add(frame);
            if (frame.Event == "turn.restarted")
                TestContext.Current.TestOutputHelper?.WriteLine($"taken over after {Stopwatch.GetElapsedTime(killed).TotalMilliseconds:0} ms");
        }

        Assert.Equal("turn.restarted", rest[0].Event);
        Assert.Equal("turn.completed", rest[^1].Event);
        Assert.Equal("Here I am.", string.Concat(rest.Where(frame => frame.Event == "turn.delta").Select(frame => frame.Data.Text("text"))));
        Assert.All(seen, frame => Assert.True(long.Parse(frame.Id!, CultureInfo.InvariantCulture) < 1 << 20));
        Assert.All(rest, frame => Assert.InRange(long.Parse(frame.Id!, CultureInfo.InvariantCulture), 1 << 20, 2 << 20));
        Assert.Equal("Here I am.", (await other.GetAsync($"/v1/sessions/{session}/turns/{turn}", token))["output"].Text("text"));
        await stack.Host.Services.Single(child => child is { AppId: "conversation", Replica: 0 }).WaitUntilReadyAsync(token);
    }

    [Fact]
    public async Task A_holder_that_was_only_paused_is_not_heard_any_more()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Stream().Text("Old").Wait(gate).Text(" words.").Finish().Usage(10, 2).Done(), Reply.Text("New words.")), token);
        var (paused, other) = (stack.At("conversation", 0, stack.Host.ApiKey), stack.At("conversation", 1, stack.Host.ApiKey));
        var session = (await other.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");
        var asked = paused.CreateAsync($"/v1/sessions/{session}/turns", new { input = "Whose words?" }, token);
        await gate.Reached.WaitAsync(token);
        var turn = (await other.GetAsync($"/v1/sessions/{session}/turns", token)).List("data")[0].Text("id");
        var replica = stack.Host.Services.Single(child => child is { AppId: "conversation", Replica: 0 });
        await foreach (var frame in other.EventsAsync($"/v1/sessions/{session}/turns/{turn}/events", null, token))
        {
            if (frame.Event == "turn.delta")
                break;
        }

        replica.Pause();
        await Eventually.TrueAsync(
            async () => (await other.GetAsync($"/v1/sessions/{session}/turns/{turn}", token)).Text("status") == "completed", "the other one answers", token);
        replica.Resume();
        gate.Open();

        // Whoever waited at the paused replica gets the answer of the other one, and nothing is written twice.
        Assert.Equal("New words.", (await asked)["output"].Text("text"));
        var events = new List<Frame>();
        await foreach (var frame in other.EventsAsync($"/v1/sessions/{session}/turns/{turn}/events", null, token))
            events.Add(frame);
        Assert.Equal(["turn.started", "turn.delta", "turn.restarted", "turn.delta", "turn.completed"], events.Select(frame => frame.Event));
        Assert.Equal("New words.", (await other.GetAsync($"/v1/sessions/{session}/turns/{turn}", token))["output"].Text("text"));
        await replica.WaitUntilReadyAsync(token);
    }

    [Fact]
    public async Task Requests_that_are_repeated_while_replicas_are_killed_make_one_thing_each()
    {
        var trials = await new ClientRetries(stack, seed: 15).RunAsync(60, kills: 2, TestContext.Current.CancellationToken);
        Assert.True(trials.Good, trials.ToString());
    }

    [Fact]
    public async Task A_replica_that_is_told_to_stop_finishes_its_turns_first()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Stream().Text("To the").Wait(gate).Text(" end.").Finish().Usage(10, 2).Done()), token);
        var replica = stack.Host.Services.Single(child => child is { AppId: "conversation", Replica: 1 });
        var running = stack.At("conversation", 1, stack.Host.ApiKey).CreateAsync("/v1/sessions", new { agent, input = "How far?" }, token);
        await gate.Reached.WaitAsync(token);

        var stopping = replica.StopAsync(TimeSpan.FromSeconds(20));
        await Eventually.TrueAsync(() => !replica.IsReady, "the replica takes no more traffic", token);
        gate.Open();

        Assert.Equal("To the end.", (await running)["turn"]!["output"].Text("text"));
        await stopping;
        replica.Start();
        await replica.WaitUntilReadyAsync(token);
    }
}
