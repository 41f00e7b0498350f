using System.Diagnostics;
using System.Globalization;
using Agents.Testing;
using Agents.Testing.FakeModels;

namespace Agents.Benchmarks;

/// <summary>
/// 1,000 open streams on one replica: 50 turns of one word a second, each followed by 20 clients. Every word carries the moment at which
/// the model sent it. <c>AGENTS_BENCH_SECONDS</c> says for how long (30).
/// </summary>
internal static class StreamBenchmark
{
    private const int Turns = 50;
    private const int Followers = 20;
    private const int Words = 60;
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(CancellationToken cancellationToken)
    {
        var seconds = int.Parse(Environment.GetEnvironmentVariable("AGENTS_BENCH_SECONDS") ?? "30", CultureInfo.InvariantCulture);
        await using var stack = new Stack();
        await stack.InitializeAsync();
        var reply = Enumerable.Range(0, Words).Aggregate(Reply.Stream(), (stream, _) => stream.Pause(TimeSpan.FromSeconds(1)).Stamp()).Finish().Usage(10, Words).Done();
        var agent = (await stack.Operator.CreateAsync(
            "/v1/agents", new { name = "bench", instructions = "Answer.", model = stack.Models.NewModel(reply), collections = Array.Empty<string>() }, cancellationToken)).Text("id");
        var replica = TurnBenchmark.Processes(stack).Single(process => process.Name == "conversation-0").Process;

        var open = new OpenStreams();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var groups = new List<Task> { GroupAsync(stack, agent, open, end.Token) };
        await Task.Delay(SampleEvery, cancellationToken);
        var before = Resident();
        groups.AddRange(Enumerable.Range(1, Turns - 1).Select(_ => GroupAsync(stack, agent, open, end.Token)));
        Console.WriteLine($"{"s",5}{"streams",9}{"MB",8}{"KB/stream",11}{"events/s",10}{"+p50 ms",9}{"+p99 ms",9}");
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
        {
            var samples = open.NewSamples();
            var from = Stopwatch.GetTimestamp();
            await Task.WhenAny(Task.Delay(SampleEvery, cancellationToken), Task.WhenAny(groups));
            if (groups.FirstOrDefault(group => group.IsFaulted) is { } failed)
                await failed;
            var resident = Resident();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Stopwatch.GetElapsedTime(started).TotalSeconds,5:0}{open.Count,9}{resident / 1e6,8:0.0}{(resident - before) / 1e3 / Math.Max(1, open.Count - Followers),11:0.0}{samples.Count / Stopwatch.GetElapsedTime(from).TotalSeconds,10:0}{samples.Milliseconds(0.5),9:0.0}{samples.Milliseconds(0.99),9:0.0}"));
        }
        await end.CancelAsync();

        long Resident()
        {
            replica.Refresh();
            return replica.WorkingSet64;
        }
    }

    // One turn after the other, each with all its followers.
    private static async Task GroupAsync(Stack stack, string agent, OpenStreams open, CancellationToken end)
    {
        var client = stack.At("conversation", 0, stack.Host.ApiKey);
        try
        {
            while (true)
            {
                var session = (await client.CreateAsync("/v1/sessions", new { agent }, end)).Text("id");
                Task? others = null;
                await foreach (var frame in Counted(client.StreamAsync($"/v1/sessions/{session}/turns", new { input = "Count.", stream = true }, end), open))
                {
                    var turn = frame.Data.Text("turn_id");
                    others ??= Task.WhenAll(Enumerable.Range(1, Followers - 1).Select(async _ =>
                    {
                        await foreach (var followed in Counted(client.EventsAsync($"/v1/sessions/{session}/turns/{turn}/events", frame.Id, end), open))
                            open.Note(followed);
                    }));
                    open.Note(frame);
                }
                await (others ?? Task.CompletedTask);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The time is over.
        }
    }

    private static async IAsyncEnumerable<Frame> Counted(IAsyncEnumerable<Frame> stream, OpenStreams open)
    {
        open.Opened();
        try
        {
            await foreach (var frame in stream)
                yield return frame;
        }
        finally
        {
            open.Closed();
        }
    }

    private sealed class OpenStreams
    {
        private int _count;
        private Samples _samples = new();

        public int Count => Volatile.Read(ref _count);

        public Samples NewSamples() => _samples = new Samples();

        public void Opened() => Interlocked.Increment(ref _count);

        public void Closed() => Interlocked.Decrement(ref _count);

        public void Note(Frame frame)
        {
            if (frame.Event != "turn.delta")
                return;
            foreach (var sent in frame.Data.Text("text").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                _samples.Add(long.Parse(sent, CultureInfo.InvariantCulture));
        }
    }
}
