using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Agents.Testing.Plans;

namespace Agents.Benchmarks;

/// <summary>
/// What a plan costs and gains, side by side in one run: a chain of steps as a plan against the same jobs submitted by hand one after the
/// other, and steps that do not wait for one another as a plan against the same steps as a chain. Times are from submission to end.
/// </summary>
internal static class SupervisorBenchmark
{
    private const int Rounds = 15;
    private const int Warmup = 3;
    private const int Steps = 6;

    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var stack = new Stack();
        await stack.InitializeAsync();
        Console.WriteLine($"{Steps} steps, {Rounds} rounds, medians in ms; the parallel plan has one synthesis more");
        Console.WriteLine($"{"model",-9}{"by hand",9}{"chain",8}{"ratio",7}{"over/step",11}{"parallel",10}{"speed-up",10}");
        foreach (var pause in (int[])[0, 100, 500])
            await RunAsync(stack, TimeSpan.FromMilliseconds(pause), cancellationToken);
    }

    private static async Task RunAsync(Stack stack, TimeSpan pause, CancellationToken cancellationToken)
    {
        var done = Reply.Stream().Pause(pause).Text("Done.").Finish().Usage(10, 2).Done();
        var model = stack.Models.NewModel(new TaskScript().On("Step", done).On(TaskScript.Synthesis, done).Reply);
        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents", new { name = "bench", instructions = "Answer.", model, collections = Array.Empty<string>() }, cancellationToken)).Text("id");
        List<double> byHand = [], chain = [], parallel = [];
        for (var round = 0; round < Warmup + Rounds; round++)
        {
            var measured = round >= Warmup;
            Add(byHand, measured, await TimeAsync(() => ByHandAsync(stack, agent, cancellationToken)));
            Add(chain, measured, await TimeAsync(() => PlanAsync(stack, agent, chained: true, cancellationToken)));
            Add(parallel, measured, await TimeAsync(() => PlanAsync(stack, agent, chained: false, cancellationToken)));
        }
        var (hand, one, wide) = (Median(byHand), Median(chain), Median(parallel));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{$"{pause.TotalMilliseconds:0} ms",-9}{hand,9:0}{one,8:0}{one / hand,7:0.00}{(one - hand) / Steps,11:0.0}{wide,10:0}{one / wide,10:0.00}"));
    }

    private static async Task ByHandAsync(Stack stack, string agent, CancellationToken cancellationToken)
    {
        for (var n = 0; n < Steps; n++)
        {
            // What a careful client does: one job after the other, each with the answer of the one before.
            var job = await stack.Operator.CreateAsync("/v1/jobs", new { agent, input = $"Step {n}.\nBefore: Done." }, cancellationToken);
            await EndAsync(stack, job, cancellationToken);
            await stack.Operator.GetAsync($"/v1/jobs/{job.Text("id")}/result", cancellationToken);
        }
    }

    private static async Task PlanAsync(Stack stack, string agent, bool chained, CancellationToken cancellationToken)
    {
        var steps = new JsonArray([.. Enumerable.Range(0, Steps).Select(n => (JsonNode)new JsonObject
        {
            ["id"] = $"s{n}",
            ["task"] = $"Step {n}.",
            ["after"] = chained && n > 0 ? new JsonArray($"s{n - 1}") : [],
        })]);
        var job = await stack.Operator.CreateAsync(
            "/v1/jobs", new { kind = "supervisor", agent, input = "All.", supervisor = new { plan = new { steps }, max_parallel = Steps } }, cancellationToken);
        await EndAsync(stack, job, cancellationToken);
        var result = await stack.Operator.GetAsync($"/v1/jobs/{job.Text("id")}/result", cancellationToken);
        if (result.Text("status") != "succeeded")
            throw new InvalidOperationException(result.ToJsonString());
    }

    private static async Task EndAsync(Stack stack, JsonNode job, CancellationToken cancellationToken)
    {
        await foreach (var _ in stack.Operator.EventsAsync($"/v1/jobs/{job.Text("id")}/events", null, cancellationToken))
        {
            // Only the end matters here.
        }
    }

    private static async Task<double> TimeAsync(Func<Task> run)
    {
        var started = Stopwatch.GetTimestamp();
        await run();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static void Add(List<double> times, bool measured, double time)
    {
        if (measured)
            times.Add(time);
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);
}
