using System.Diagnostics;
using System.Globalization;
using Agents.Testing;
using Agents.Testing.FakeModels;

namespace Agents.Benchmarks;

/// <summary>
/// Streamed turns through the whole product, with state and events, against a model that answers ten words at once: what the product
/// adds before the first token, how many turns a second it bears, and what each process spends on one. The client and the model take
/// their share of the same cores.
/// </summary>
internal static class TurnBenchmark
{
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(15);

    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var stack = new Stack();
        await stack.InitializeAsync();
        var reply = Enumerable.Range(0, 10).Aggregate(Reply.Stream(), (stream, _) => stream.Stamp()).Finish().Usage(10, 10).Done();
        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents", new { name = "bench", instructions = "Answer.", model = stack.Models.NewModel(reply), collections = Array.Empty<string>() }, cancellationToken)).Text("id");
        await LoadAsync(stack, agent, 8, Warmup, new Samples(), cancellationToken);

        Console.WriteLine($"{"turns at once",-14}{"turns/s",9}{"first token +p50 ms",21}{"+p99 ms",9}  CPU-ms per turn by process");
        foreach (var clients in (int[])[1, 8, 32])
        {
            var processes = Processes(stack);
            var before = processes.ToDictionary(process => process.Name, process => process.Process.TotalProcessorTime);
            var samples = new Samples();
            var started = Stopwatch.GetTimestamp();
            await LoadAsync(stack, agent, clients, Measured, samples, cancellationToken);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var spent = processes.Select(process =>
            {
                process.Process.Refresh();
                return string.Create(
                    CultureInfo.InvariantCulture, $"{process.Name} {(process.Process.TotalProcessorTime - before[process.Name]).TotalMilliseconds / samples.Count:0.00}");
            });
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{clients,-14}{samples.Count / seconds,9:0.0}{samples.Milliseconds(0.5),21:0.0}{samples.Milliseconds(0.99),9:0.0}  {string.Join(", ", spent)}"));
        }
    }

    /// <summary>The processes of the product and this one, which is client, front door and model.</summary>
    internal static IReadOnlyList<(string Name, Process Process)> Processes(Stack stack) =>
    [
        .. stack.Host.Services.Concat(stack.Host.Dapr).Where(child => child.ProcessId is not null).Select(child => (child.Name, Process.GetProcessById(child.ProcessId!.Value))),
        ("client+model", Process.GetCurrentProcess()),
    ];

    // The sample is the time from asking to the first token: the model's own is nothing.
    private static Task LoadAsync(Stack stack, string agent, int clients, TimeSpan duration, Samples samples, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        return Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            var client = stack.At("conversation", 0, stack.Host.ApiKey);
            var session = (await client.CreateAsync("/v1/sessions", new { agent }, cancellationToken)).Text("id");
            while (Stopwatch.GetElapsedTime(started) < duration)
            {
                var asked = Stopwatch.GetTimestamp();
                var first = true;
                await foreach (var frame in client.StreamAsync($"/v1/sessions/{session}/turns", new { input = "How late is it?", stream = true }, cancellationToken))
                {
                    if (first && frame.Event == "turn.delta")
                    {
                        samples.Add(asked);
                        first = false;
                    }
                    if (frame.Event == "turn.failed")
                        throw new InvalidOperationException(frame.Data.ToJsonString());
                }
            }
        }));
    }
}
