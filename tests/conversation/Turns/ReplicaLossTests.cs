using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Turns;

/// <summary>What becomes of a turn when its replica goes, suddenly or in order.</summary>
public sealed class ReplicaLossTests(ConversationStack stack)
{
    [Fact]
    public async Task A_turn_cut_by_a_kill_is_found_failed_on_the_other_replica_and_can_be_asked_again()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var agent = await stack.NewAgentAsync(stack.Models.NewModel(Reply.Stream().Text("I was").Wait(gate), Reply.Text("Here I am.")), token);
        var (doomed, other) = (stack.At("conversation", 0, stack.Host.ApiKey), stack.At("conversation", 1, stack.Host.ApiKey));
        var session = (await other.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");
        var cut = doomed.CreateAsync($"/v1/sessions/{session}/turns", new { input = "Where are you?" }, token);
        await gate.Reached.WaitAsync(token);
        var turn = (await other.GetAsync($"/v1/sessions/{session}/turns", token)).List("data")[0].Text("id");

        stack.Host.Services.Single(child => child is { AppId: "conversation", Replica: 0 }).Kill();

        await Assert.ThrowsAsync<HttpRequestException>(() => cut);
        await Eventually.TrueAsync(
            async () => (await other.GetAsync($"/v1/sessions/{session}/turns/{turn}", token)).Text("status") == "failed", "the turn is found failed", token);
        Assert.Equal("replica_lost", (await other.GetAsync($"/v1/sessions/{session}/turns/{turn}", token))["error"].Text("code"));
        var again = await other.CreateAsync($"/v1/sessions/{session}/turns", new { input = "Where are you?" }, token);
        Assert.Equal("Here I am.", again["output"].Text("text"));
        await stack.Host.Services.Single(child => child is { AppId: "conversation", Replica: 0 }).WaitUntilReadyAsync(token);
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
