using System.Net;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Agents.Testing.Plans;
using Xunit;

namespace Agents.Conversation.Tests.Supervisor;

/// <summary>Plans as those who submit them meet them.</summary>
public sealed class SupervisorTests(ConversationStack stack)
{
    private static readonly JsonNode CountSchema =
        JsonNode.Parse("""{"type":"object","properties":{"count":{"type":"integer","minimum":0}},"required":["count"],"additionalProperties":false}""")!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Independent_steps_run_side_by_side_and_their_answers_are_put_together()
    {
        var (left, right) = (new Gate(), new Gate());
        var script = new TaskScript()
            .On("Left", Reply.Stream().Wait(left).Text("Left is 3.").Finish().Usage(10, 2).Done())
            .On("Right", Reply.Stream().Wait(right).Text("Right is 4.").Finish().Usage(10, 2).Done())
            .On(TaskScript.Synthesis, Reply.Text("Three and ", "four."));
        var job = await SubmitAsync(script, new { steps = new object[] { new { id = "left", task = "Left?" }, new { id = "right", task = "Right?" } } });
        // Both models are asked before either has answered.
        await Task.WhenAll(left.Reached, right.Reached).WaitAsync(TimeSpan.FromSeconds(20), Token);
        left.Open();
        right.Open();

        var frames = new List<Frame>();
        await foreach (var frame in stack.Operator.EventsAsync($"/v1/jobs/{job.Text("id")}/events", null, Token))
            frames.Add(frame);

        Assert.Equal(("turn.started", "turn.plan", "turn.completed"), (frames[0].Event, frames[1].Event, frames[^1].Event));
        Assert.Equal("Three and four.", string.Concat(frames.Where(frame => frame.Event == "turn.delta").Select(frame => frame.Data.Text("text"))));
        Assert.Equal(["queued", "started", "first_token", "accepted"], frames.Where(frame => frame.Event == "turn.step" && frame.Data.Text("step") == "left").Select(frame => frame.Data.Text("status")));
        Assert.Contains("Left is 3.", Assert.Single(script.Asked(TaskScript.Synthesis)), StringComparison.Ordinal);
        var ended = await stack.Operator.GetAsync($"/v1/jobs/{job.Text("id")}", Token);
        Assert.Equal("succeeded", ended.Text("status"));
        Assert.Equal(10 + 10 + Reply.PromptTokens, ended["usage"].Number("prompt_tokens"));
        var plan = await PlanAsync(job);
        Assert.Equal(ended["usage"].Text("cost_micros"), plan["usage"].Text("cost_micros"));
        var run = Assert.Single(plan.List("steps")[0].List("runs"));
        Assert.Equal(("work", "accepted"), (run.Text("role"), run.Text("status")));
        Assert.All(["queued_at", "started_at", "first_token_at", "ended_at", "model", "job_id"], name => Assert.NotEmpty(run.Text(name)));
        Assert.Equal(job.Text("id"), (await stack.Operator.GetAsync($"/v1/jobs/{run.Text("job_id")}", Token)).Text("plan"));
        Assert.DoesNotContain((await stack.Operator.GetAsync("/v1/jobs?limit=100", Token)).List("data"), other => other.Text("id") == run.Text("job_id"));
    }

    [Fact]
    public async Task A_chain_runs_as_a_chain_and_its_last_answer_is_the_answer()
    {
        var script = new TaskScript().On("First", Reply.Text("One.")).On("Then", Reply.Text("Two."));
        var job = await SubmitAsync(script, new { steps = new object[] { new { id = "first", task = "First." }, new { id = "then", task = "Then.", after = new[] { "first" } } } });

        Assert.Equal("Two.", (await ResultAsync(job, "succeeded"))["output"].Text("text"));
        Assert.Contains("One.", Assert.Single(script.Asked("Then")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_makes_the_plan_and_learns_why_one_was_not_accepted()
    {
        var script = new TaskScript()
            .On(TaskScript.Planner, Reply.Text("Let me think."), Reply.Text("""{"steps":[{"id":"a","task":"Do A."},{"id":"b","task":"Do B.","after":["nothing"]}]}"""), Reply.Text("```json\n{\"steps\":[{\"id\":\"a\",\"task\":\"Do A.\"}]}\n```"))
            .On("Do A.", Reply.Text("Wrong."), Reply.Text("Right."))
            .On(TaskScript.Judge, Reply.Text("""{"accepted": false, "reason": "A was not done."}"""), Reply.Text("""Well: {"accepted": true, "reason": "Fine."}"""));
        var job = await SubmitAsync(script, null, new { judge = true });

        Assert.Equal("Right.", (await ResultAsync(job, "succeeded"))["output"].Text("text"));
        Assert.Contains("'b' waits for 'nothing'", script.Asked(TaskScript.Planner)[2], StringComparison.Ordinal);
        Assert.Contains("A was not done.", script.Asked("Do A.")[1], StringComparison.Ordinal);
        var plan = await PlanAsync(job);
        Assert.Equal(["rejected", "rejected", "accepted"], plan["planning"].List("runs").Select(run => run.Text("status")));
        Assert.Equal(["answered", "rejected", "answered", "accepted"], plan.List("steps")[0].List("runs").Select(run => run.Text("status")));
    }

    [Fact]
    public async Task A_bad_answer_is_tried_again_with_the_reason_and_one_that_comes_twice_goes_to_the_strong_model()
    {
        var script = new TaskScript().On("Count", Reply.Text("Many."), Reply.Text("  Many. "), Reply.Text("""{"count": 12}"""));
        var job = await SubmitAsync(script, new { steps = new[] { new { id = "count", task = "Count.", attempts = 4, checks = new { schema = CountSchema, rules = new[] { "answer.count > 10" } } } } });

        Assert.Equal("""{"count": 12}""", (await ResultAsync(job, "succeeded"))["output"].Text("text"));
        Assert.Contains("is not JSON", script.Asked("Count")[1], StringComparison.Ordinal);
        var runs = (await PlanAsync(job)).List("steps")[0].List("runs");
        Assert.Equal(["rejected", "rejected", "accepted"], runs.Select(run => run.Text("status")));
        Assert.Equal(runs[0].Text("model"), runs[1].Text("model"));
        Assert.NotEqual(runs[0].Text("model"), runs[2].Text("model"));
    }

    [Fact]
    public async Task A_step_that_fails_stops_the_plan_with_what_it_has_unless_it_is_optional()
    {
        object[] steps(bool optional) =>
        [
            new { id = "good", task = "Good." }, new { id = "bad", task = "Bad.", after = new[] { "good" }, attempts = 1, optional, checks = new { rules = new[] { "length > 100" } } },
            new { id = "next", task = "Next.", after = new[] { "bad" } },
        ];
        var script = new TaskScript().On("Good", Reply.Text("Found it.")).On("Bad", Reply.Text("No.")).On("Next", Reply.Text("Went on."));

        var failed = await SubmitAsync(script, new { steps = steps(false) });
        var result = await ResultAsync(failed, "failed");
        Assert.Equal("step_failed", result["error"].Text("code"));
        Assert.Contains("Found it.", result["output"].Text("text"), StringComparison.Ordinal);
        Assert.Equal(["accepted", "failed", "skipped"], (await PlanAsync(failed)).List("steps").Select(step => step.Text("status")));

        Assert.Equal("Went on.", (await ResultAsync(await SubmitAsync(script, new { steps = steps(true) }), "succeeded"))["output"].Text("text"));
    }

    [Theory]
    [InlineData("runs", 2)]
    [InlineData("tokens", 2_400)]
    [InlineData("cost_micros", 9_000)]
    public async Task A_budget_stops_a_plan_cleanly_and_is_not_exceeded(string bound, int most)
    {
        var script = new TaskScript().On("Do", Reply.Text("Done."));
        var steps = Enumerable.Range(0, 5).Select(n => new { id = $"s{n}", task = $"Do {n}.", after = n == 0 ? [] : new[] { $"s{n - 1}" } }).ToArray();
        var job = await SubmitAsync(script, new { steps }, new { budget = new Dictionary<string, int> { [bound] = most } });

        var result = await ResultAsync(job, "failed");

        Assert.Equal("budget_exceeded", result["error"].Text("code"));
        Assert.Contains(bound, result["error"].Text("message"), StringComparison.Ordinal);
        Assert.Equal(["accepted", "accepted", "skipped", "skipped", "skipped"], (await PlanAsync(job)).List("steps").Select(step => step.Text("status")));
        Assert.Contains("## s1\nDone.", result["output"].Text("text"), StringComparison.Ordinal);
        Assert.Equal(2, script.Asked("Do").Count);
    }

    [Fact]
    public async Task A_plan_and_a_step_wait_for_a_person_who_may_decline()
    {
        var script = new TaskScript().On("Look", Reply.Text("Seen.")).On("Pay", Reply.Text("Paid."));
        object steps = new { steps = new object[] { new { id = "look", task = "Look." }, new { id = "pay", task = "Pay.", after = new[] { "look" }, approval = true } } };
        var job = await SubmitAsync(script, steps, new { approve_plan = true });
        await WaitsAsync(job, "planning");
        Assert.Equal(HttpStatusCode.Conflict, (await DecideAsync(job, "approve", new { step = "pay" })).Status);
        Assert.Empty(script.Asked("Look"));

        Assert.Equal(HttpStatusCode.OK, (await DecideAsync(job, "approve", new { })).Status);
        await WaitsAsync(job, "pay");
        Assert.Equal(HttpStatusCode.OK, (await DecideAsync(job, "approve", new { step = "pay", note = "Go." })).Status);
        Assert.Equal("Paid.", (await ResultAsync(job, "succeeded"))["output"].Text("text"));
        Assert.Equal(HttpStatusCode.Conflict, (await DecideAsync(job, "decline", new { step = "pay" })).Status);

        job = await SubmitAsync(script, steps);
        await WaitsAsync(job, "pay");
        Assert.Equal(HttpStatusCode.OK, (await DecideAsync(job, "decline", new { step = "pay", note = "Too much." })).Status);
        var result = await ResultAsync(job, "failed");
        Assert.Equal("approval_declined", result["error"].Text("code"));
        Assert.Contains("Seen.", result["output"].Text("text"), StringComparison.Ordinal);
        Assert.Equal(("declined", "Too much."), ((await PlanAsync(job)).List("steps")[1].Text("status"), (await PlanAsync(job)).List("steps")[1].Text("reason")));
        Assert.Single(script.Asked("Pay"));
    }

    [Fact]
    public async Task A_plan_that_is_cancelled_or_out_of_time_ends_its_runs()
    {
        var gate = new Gate();
        var script = new TaskScript().On("Wait", Reply.Stream().Text("Wai").Wait(gate).Text("ted.").Finish().Usage(10, 2).Done());
        object steps = new { steps = new[] { new { id = "wait", task = "Wait." } } };
        var job = await SubmitAsync(script, steps);
        await gate.Reached.WaitAsync(Token);
        var run = (await PlanAsync(job)).List("steps")[0].List("runs")[0].Text("job_id");

        Assert.Equal("cancelled", (await stack.Operator.CreateAsync($"/v1/jobs/{job.Text("id")}/cancel", new { }, Token)).Text("status"));
        await Eventually.TrueAsync(async () => (await stack.Operator.GetAsync($"/v1/jobs/{run}", Token)).Text("status") == "cancelled", "the run ends", Token);
        Assert.Equal("cancelled", (await stack.Operator.GetAsync($"/v1/jobs/{job.Text("id")}", Token)).Text("status"));

        job = await SubmitAsync(script, steps, new { budget = new { seconds = 1 } });
        Assert.Equal("budget_exceeded", (await ResultAsync(job, "failed"))["error"].Text("code"));
        run = (await PlanAsync(job)).List("steps")[0].List("runs")[0].Text("job_id");
        await Eventually.TrueAsync(async () => (await stack.Operator.GetAsync($"/v1/jobs/{run}", Token)).Text("status") == "cancelled", "the run ends", Token);
        gate.Open();
    }

    /// <summary>A few tasks; <c>./test.sh torture supervisor</c> has hundreds.</summary>
    [Fact]
    public async Task Bad_workers_are_noticed_and_good_ones_are_believed()
    {
        var report = await new FaultyRun(stack, seed: 8).RunAsync(12, Token);

        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        Assert.True(report.Escaped == 0 && report.Problems == 0, report.ToString());
    }

    [Theory]
    [InlineData("""{"plan":{"steps":[]}}""", "supervisor.plan.steps")]
    [InlineData("""{"plan":{"steps":[{"id":"A b","task":"x"}]}}""", "supervisor.plan.steps[0].id")]
    [InlineData("""{"plan":{"steps":[{"id":"a","task":"x","after":["b"]},{"id":"b","task":"y","after":["a"]}]}}""", "supervisor.plan.steps")]
    [InlineData("""{"plan":{"steps":[{"id":"a","task":"x"},{"id":"b","task":" X "}]}}""", "supervisor.plan.steps")]
    [InlineData("""{"plan":{"steps":[{"id":"a","task":"x","checks":{"rules":["1 +"]}}]}}""", "supervisor.plan.steps[0].checks.rules[0]")]
    [InlineData("""{"budget":{"runs":0}}""", "supervisor.budget.runs")]
    [InlineData("""{"max_parallel":99}""", "supervisor.max_parallel")]
    public async Task What_is_wrong_with_a_plan_is_said_by_field(string supervisor, string field)
    {
        var (status, problem) = await stack.Operator.TryAsync(
            HttpMethod.Post, "/v1/jobs", new { kind = "supervisor", input = "x", supervisor = JsonNode.Parse(supervisor) }, Token);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(field, Assert.Single(problem["errors"]!.AsObject()).Key);
    }

    private async Task<JsonNode> SubmitAsync(TaskScript script, object? plan, object? more = null)
    {
        // One script behind two names: which one was asked shows in the plan.
        var (cheap, strong) = (stack.Models.NewModel(script.Reply), stack.Models.NewModel(script.Reply));
        var supervisor = System.Text.Json.JsonSerializer.SerializeToNode(more ?? new { })!.AsObject();
        supervisor["plan"] = plan is null ? null : System.Text.Json.JsonSerializer.SerializeToNode(plan);
        (supervisor["step_model"], supervisor["strong_model"]) = (cheap, strong);
        var agent = await stack.NewAgentAsync(cheap, Token);
        return await stack.Operator.CreateAsync("/v1/jobs", new { kind = "supervisor", agent, input = "The whole task.", supervisor }, Token);
    }

    private Task<JsonNode> PlanAsync(JsonNode job) => stack.Operator.GetAsync($"/v1/jobs/{job.Text("id")}/plan", Token);

    private Task<(HttpStatusCode Status, JsonNode Body)> DecideAsync(JsonNode job, string how, object body) =>
        stack.Operator.TryAsync(HttpMethod.Post, $"/v1/jobs/{job.Text("id")}/{how}", body, Token);

    private Task WaitsAsync(JsonNode job, string step) => Eventually.TrueAsync(
        async () =>
        {
            var plan = await PlanAsync(job);
            // Before it is planned it has no steps.
            var waiting = step == "planning" ? plan["planning"] : plan.List("steps").SingleOrDefault(other => other.Text("id") == step);
            return waiting?["status"]?.GetValue<string>() == "needs_approval";
        },
        $"{step} waits for a person", Token);

    private async Task<JsonNode> ResultAsync(JsonNode job, string status)
    {
        JsonNode? found = null;
        await Eventually.TrueAsync(
            async () => (found = await stack.Operator.GetAsync($"/v1/jobs/{job.Text("id")}", Token)).Text("status") is not ("queued" or "running"), "the plan ends", Token, TimeSpan.FromSeconds(30));
        Assert.True(found.Text("status") == status, found!.ToJsonString());
        return await stack.Operator.GetAsync($"/v1/jobs/{job.Text("id")}/result", Token);
    }
}
