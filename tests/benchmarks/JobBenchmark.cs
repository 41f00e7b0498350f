using System.Diagnostics;
using System.Globalization;
using System.Net;
using Agents.Local;
using Agents.Testing;
using Agents.Testing.FakeModels;

namespace Agents.Benchmarks;

/// <summary>
/// Jobs through the whole product against a model that answers at once: how many a second, from the first submission to the last end, with
/// one to four workers of a lane; what each process spends on one; and, under half of that load, how long a job waits for its start.
/// Client and model take their share of the same cores.
/// </summary>
internal static class JobBenchmark
{
    private const int Warmup = 200;
    private const int Jobs = 2_000;
    private const int Clients = 16;
    private static readonly TimeSpan HalfLoad = TimeSpan.FromSeconds(15);

    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        Console.WriteLine($"{"workers",-9}{"jobs/s",8}{"accepted/s",12}  half load: {"jobs/s",7}{"start p50 ms",14}{"p99 ms",8}  CPU-ms per job by process");
        foreach (var workers in (int[])[0, 1, 2, 4])
        {
            await using var stack = new JobStack(workers);
            await stack.InitializeAsync();
            await RunAsync(stack, workers == 0 ? "merged" : workers.ToString(CultureInfo.InvariantCulture), cancellationToken);
        }
    }

    private static async Task RunAsync(JobStack stack, string name, CancellationToken cancellationToken)
    {
        var model = stack.Models.NewModel(Reply.Text("Done."));
        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents", new { name = "bench", instructions = "Answer.", model, collections = Array.Empty<string>() }, cancellationToken)).Text("id");
        await SubmitAsync(stack, agent, Warmup, cancellationToken);
        await DoneAsync(stack, cancellationToken);

        var processes = TurnBenchmark.Processes(stack);
        var before = processes.ToDictionary(process => process.Name, process => process.Process.TotalProcessorTime);
        var started = Stopwatch.GetTimestamp();
        await SubmitAsync(stack, agent, Jobs, cancellationToken);
        var accepted = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await DoneAsync(stack, cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var spent = processes.GroupBy(process => process.Name[..process.Name.LastIndexOf('-').Or(process.Name.Length)]).Select(group =>
        {
            var used = group.Sum(process =>
            {
                process.Process.Refresh();
                return (process.Process.TotalProcessorTime - before[process.Name]).TotalMilliseconds;
            });
            return string.Create(CultureInfo.InvariantCulture, $"{group.Key} {used / Jobs:0.00}");
        });

        var (rate, waits) = await HalfLoadAsync(stack, agent, Jobs / seconds / 2, cancellationToken);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-9}{Jobs / seconds,8:0}{Jobs / accepted,12:0}  {rate,18:0}{waits[waits.Count / 2],14:0}{waits[(int)(waits.Count * 0.99)],8:0}  {string.Join(", ", spent)}"));
    }

    private static int Or(this int index, int otherwise) => index < 0 ? otherwise : index;

    private static async Task SubmitAsync(Stack stack, string agent, int count, CancellationToken cancellationToken)
    {
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            var client = stack.At("conversation", 0, stack.Host.ApiKey);
            while (Interlocked.Increment(ref next) <= count)
                await OneAsync(client, agent, cancellationToken);
        }));
    }

    private static async Task<string> OneAsync(ApiClient client, string agent, CancellationToken cancellationToken)
    {
        var (status, job) = await client.TryAsync(HttpMethod.Post, "/v1/jobs", new { agent, input = "How late is it?" }, cancellationToken);
        return status == HttpStatusCode.Accepted ? job.Text("id") : throw new InvalidOperationException(job.ToJsonString());
    }

    private static Task DoneAsync(Stack stack, CancellationToken cancellationToken) => Eventually.TrueAsync(
        async () => (await stack.Operator.GetAsync("/v1/jobs/lanes/standard", cancellationToken)).Number("jobs") == 0, "the lane is empty", cancellationToken, TimeSpan.FromMinutes(5));

    private static async Task<(double Rate, List<int> Waits)> HalfLoadAsync(Stack stack, string agent, double perSecond, CancellationToken cancellationToken)
    {
        var client = stack.At("conversation", 0, stack.Host.ApiKey);
        var submitted = new List<Task<string>>();
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < HalfLoad;)
        {
            // By the clock and not one after the other: a slow answer must not slow the load down.
            while (submitted.Count < Stopwatch.GetElapsedTime(started).TotalSeconds * perSecond)
                submitted.Add(OneAsync(client, agent, cancellationToken));
            await Task.Delay(5, cancellationToken);
        }
        var ids = await Task.WhenAll(submitted);
        await DoneAsync(stack, cancellationToken);
        var waits = new List<int>();
        foreach (var id in ids)
            waits.Add((await client.GetAsync($"/v1/jobs/{id}", cancellationToken)).Number("queued_ms"));
        waits.Sort();
        return (ids.Length / HalfLoad.TotalSeconds, waits);
    }

    /// <param name="workers">Of the lane standard; 0 for the laptop's way, where conversation does all.</param>
    private sealed class JobStack(int workers) : Stack
    {
        protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) => ValueTask.FromResult(options with
        {
            Cluster = workers > 0,
            Replicas = workers > 0 ? new Dictionary<string, int> { ["conversation-standard"] = workers } : options.Replicas,
            StartTimeout = TimeSpan.FromMinutes(3),
        });
    }
}
