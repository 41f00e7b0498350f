using Agents.Testing;
using Agents.Testing.FakeModels;
using Agents.Testing.Plans;
using Xunit;

namespace Agents.Conversation.Tests.Supervisor;

/// <summary>What must cost a plan nothing.</summary>
public sealed class SupervisorKillTests(ConversationStack stack)
{
    [Fact]
    public async Task A_kill_in_the_middle_of_a_plan_loses_and_doubles_no_step()
    {
        var token = TestContext.Current.CancellationToken;
        var gate = new Gate();
        var script = new TaskScript().On("Step 0", Reply.Text("Answer 0.")).On(TaskScript.Synthesis, Reply.Text("All."));
        // Those in the middle stand at a gate when the replica dies, whichever has them.
        foreach (var n in Enumerable.Range(1, 4))
            script.On($"Step {n}", Reply.Stream().Text($"Answer {n}").Wait(gate).Text(".").Finish().Usage(10, 2).Done());
        script.On("Step 5", Reply.Text("Answer 5."));
        var model = stack.Models.NewModel(script.Reply);
        var agent = await stack.NewAgentAsync(model, token);
        var steps = Enumerable.Range(0, 6).Select(n => new
        {
            id = $"s{n}",
            task = $"Step {n}.",
            after = n switch { 0 => Array.Empty<string>(), 5 => ["s1", "s2", "s3", "s4"], _ => ["s0"] },
        });
        var other = stack.At("conversation", 1, stack.Host.ApiKey);
        var job = (await other.CreateAsync("/v1/jobs", new { kind = "supervisor", agent, input = "All of it.", supervisor = new { plan = new { steps } } }, token)).Text("id");
        await Eventually.TrueAsync(() => Enumerable.Range(1, 4).All(n => script.Asked($"Step {n}").Count > 0), "the middle of the plan runs", token, TimeSpan.FromSeconds(60));

        stack.Host.Services.Single(child => child is { AppId: "conversation", Replica: 0 }).Kill();
        gate.Open();

        var frames = new List<Frame>();
        await foreach (var frame in other.EventsAsync($"/v1/jobs/{job}/events", null, token))
            frames.Add(frame);
        Assert.Equal("turn.completed", frames[^1].Event);
        var plan = await other.GetAsync($"/v1/jobs/{job}/plan", token);
        Assert.All(plan.List("steps"), step => Assert.Equal(("accepted", 1), (step.Text("status"), step.List("runs").Count)));
        foreach (var status in new[] { "queued", "accepted" })
        {
            Assert.Equal(
                Enumerable.Range(0, 6).Select(n => $"s{n}"),
                frames.Where(frame => frame.Event == "turn.step" && frame.Data.Text("step") != "answer" && frame.Data.Text("status") == status).Select(frame => frame.Data.Text("step")).Order());
        }
        Assert.All(Enumerable.Range(0, 6), n => Assert.Single(script.Asked(TaskScript.Synthesis)[^1].Split($"Answer {n}.").Skip(1)));
        Assert.Equal("All.", (await other.GetAsync($"/v1/jobs/{job}/result", token))["output"].Text("text"));
        await stack.Host.Services.Single(child => child is { AppId: "conversation", Replica: 0 }).WaitUntilReadyAsync(token);
    }
}
