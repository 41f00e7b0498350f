using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Agents.Testing.FakeModels;

namespace Agents.Testing.Plans;

/// <summary>
/// Has a stack do generated tasks whose workers go wrong, and counts what got through. The truth is the generator's; whether an answer got
/// through is read from what the product accepted and from what it put before the model that makes the final answer.
/// </summary>
public sealed partial class FaultyRun(Stack stack, int seed)
{
    private const int AtOnce = 8;

    // A judge is a model, and errs: here in both directions, in so many of a hundred judgements.
    private const int JudgeErrs = 2;

    private readonly ConcurrentDictionary<string, FaultyStep> _steps = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _asked = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _syntheses = new();
    private readonly ConcurrentDictionary<string, bool> _misjudged = new(StringComparer.Ordinal);

    public async Task<FaultReport> RunAsync(int count, CancellationToken cancellationToken)
    {
        var worker = stack.Models.NewModel(Reply.Choose(request => Work(request.Question)));
        var strong = stack.Models.NewModel(Reply.Choose(Think));
        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents", new { name = "observer", instructions = "Answer.", model = worker, collections = Array.Empty<string>() }, cancellationToken)).Text("id");
        var generator = new FaultyTasks(seed);
        var tasks = Enumerable.Range(0, count).Select(_ => generator.Next()).ToList();
        foreach (var task in tasks)
        {
            foreach (var (n, step) in task.Steps.Index())
                _steps[string.Create(CultureInfo.InvariantCulture, $"{task.Number}.{n}")] = step;
        }
        var report = new FaultReport();
        await Parallel.ForEachAsync(tasks, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (task, token) =>
            await DoAsync(task, agent, worker, strong, report, token));
        report.Syntheses = _syntheses.Count;
        return report;
    }

    private async Task DoAsync(FaultyTask task, string agent, string worker, string strong, FaultReport report, CancellationToken cancellationToken)
    {
        var job = await stack.Operator.CreateAsync(
            "/v1/jobs", new { kind = "supervisor", agent, input = $"Task {task.Number}: all observations.", supervisor = new { plan = task.Plan, step_model = worker, strong_model = strong } }, cancellationToken);
        await foreach (var _ in stack.Operator.EventsAsync($"/v1/jobs/{job.Text("id")}/events", null, cancellationToken))
        {
            // Only the end matters here.
        }
        var ended = await stack.Operator.GetAsync($"/v1/jobs/{job.Text("id")}", cancellationToken);
        var plan = await stack.Operator.GetAsync($"/v1/jobs/{job.Text("id")}/plan", cancellationToken);
        foreach (var (step, shown) in task.Steps.Zip(plan.List("steps")))
            await LookAsync(task, step, shown!, report, cancellationToken);
        report.Ended(task, ended.Text("status"), ended["error"]?.Text("message"));
    }

    private async Task LookAsync(FaultyTask task, FaultyStep step, JsonNode shown, FaultReport report, CancellationToken cancellationToken)
    {
        var runs = shown.List("runs").Select(run => run!).ToList();
        foreach (var work in runs.Where(run => run.Text("role") == "work" && run["ended_at"] is not null))
        {
            var judge = runs.SingleOrDefault(run => run.Text("role") == "judge" && run.Number("attempt") == work.Number("attempt"));
            var accepted = (judge ?? work).Text("status") == "accepted";
            var text = (await stack.Operator.GetAsync($"/v1/jobs/{work.Text("job_id")}/result", cancellationToken))["output"]?.Text("text");
            if (step.Faulty is { } faulty && text == faulty)
                report.Planted(step.Fault, accepted, byJudge: judge is not null && _misjudged.ContainsKey(faulty), reached: accepted && _syntheses.Any(put => put.Contains($"Task {task.Number}:", StringComparison.Ordinal) && put.Contains(faulty.Trim(), StringComparison.Ordinal)));
            else if (text is not null && step.Good.Contains(text))
                report.Good(step.Fault == WorkerFault.Outage, accepted, judge is not null && work.Text("status") != "rejected", $"{task.Number}.{step.Id}: {work["reason"]} {judge?["reason"]}");
            else if (text is null && step.Fault == WorkerFault.Outage)
                report.Planted(WorkerFault.Outage, escaped: accepted, byJudge: false, reached: false);
            else
                report.Problem($"{task.Number}.{step.Id}: an answer that nobody gave: {text}");
        }
    }

    private Reply Work(string question)
    {
        var id = Number().Match(question).Groups[1].Value;
        var step = _steps[id];
        var asked = _asked.AddOrUpdate(id, 1, (_, before) => before + 1);
        var good = step.Good[(id.Length + asked + seed) % step.Good.Count];
        return step.Fault switch
        {
            WorkerFault.Outage when asked == 1 => Reply.Error(500, "Down."),
            WorkerFault.Outage when asked == 2 => Reply.Stream().Text(good[..(good.Length / 2)]).Cut(),
            _ when step.Faulty is { } faulty && (asked == 1 || step.Stubborn) => Reply.Text(faulty),
            _ => Reply.Text(good),
        };
    }

    private Reply Think(RecordedRequest request)
    {
        var question = request.Question;
        var instructions = request.Body.List("messages")[0].Text("content");
        if (instructions.StartsWith(TaskScript.Synthesis, StringComparison.Ordinal))
        {
            _syntheses.Enqueue(question);
            return Reply.Text("All observations together.");
        }
        return instructions.StartsWith(TaskScript.Judge, StringComparison.Ordinal) ? Judge(question) : Work(question);
    }

    private Reply Judge(string question)
    {
        var id = Number().Match(question).Groups[1].Value;
        var step = _steps[id];
        var answer = question[(question.LastIndexOf("# Answer\n", StringComparison.Ordinal) + 9)..];
        var right = answer != step.Faulty;
        var number = _asked.AddOrUpdate("judge", 1, (_, before) => before + 1);
        var errs = new Random((seed * 7_919) + number).Next(100) < JudgeErrs;
        if (errs && !right)
            _misjudged[answer] = true;
        return Reply.Text(new JsonObject { ["accepted"] = right != errs, ["reason"] = "As the facts are." }.ToJsonString());
    }

    [GeneratedRegex(@"Task (\d+\.\d+)\.")]
    private static partial Regex Number();
}
