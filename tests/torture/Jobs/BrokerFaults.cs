using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.Storms;

namespace Agents.Torture.Jobs;

/// <summary>
/// A broker that comes back empty, one that loses acknowledgements (the runtime is killed while wake-ups are being handled) and one that
/// delivers everything ten times. Whatever it does, each job ends once.
/// </summary>
internal static class BrokerFaults
{
    private const int JobsPerTrial = 10;
    private const int MessagesPerTrial = 20;
    private const int Times = 10;

    // Of each ten trials so many are of the slower kinds.
    private const int Period = 5;

    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new JobStormStack();
        await stack.InitializeAsync();
        return await RunAsync(stack, options, Console.WriteLine, cancellationToken);
    }

    public static async Task<bool> RunAsync(JobStormStack stack, TortureOptions options, Action<string> say, CancellationToken cancellationToken)
    {
        var random = new Random(options.Seed);
        var load = new JobLoad(stack, words: 4, TimeSpan.FromMilliseconds(30));
        await load.StartAsync(cancellationToken);
        var report = new JobStormReport();
        var (emptied, cut, repeated) = (0, 0, 0);
        var tried = new Progress("trials", options.Count, say);
        for (var n = 0; n < options.Count; n++)
        {
            if (n % Period == 0)
            {
                await SubmitAsync(load, report, cancellationToken);
                await Task.Delay(random.Next(300), cancellationToken);
                await EmptyAsync(stack, cancellationToken);
                emptied++;
            }
            else if (n % Period == 1)
            {
                await SubmitAsync(load, report, cancellationToken);
                await Task.Delay(random.Next(300), cancellationToken);
                stack.Host.Runtime.Kill();
                cut++;
            }
            else
            {
                await RepeatAsync(stack, load, random, cancellationToken);
                repeated += MessagesPerTrial;
            }
            if (!await load.EndedAsync(cancellationToken))
                break;
            tried.Reached(n + 1);
        }
        await load.CheckAsync(report, cancellationToken);
        say($"""
            broker               {emptied} times emptied{Statistics.Bound(report.Problems.Count, emptied)}, {cut} times killed with wake-ups not acknowledged{Statistics.Bound(report.Problems.Count, cut)}
            said ten times       {repeated} messages{Statistics.Bound(report.Problems.Count, repeated)}
            {report}
            """);
        return report.Good;
    }

    private static Task SubmitAsync(JobLoad load, JobStormReport report, CancellationToken cancellationToken)
    {
        var first = load.Count;
        return Task.WhenAll(Enumerable.Range(first, JobsPerTrial).Select(number => load.SubmitAsync(number, "standard", report, cancellationToken)));
    }

    // Whatever was published, acknowledged or not, is gone.
    private static async Task EmptyAsync(JobStormStack stack, CancellationToken cancellationToken)
    {
        await stack.Host.Runtime.StopAsync(TimeSpan.FromSeconds(5));
        var files = Directory.GetFiles(stack.Host.DataPath, "messages.db*");
        if (files.Length == 0)
            throw new InvalidOperationException("The broker has no file.");
        foreach (var file in files)
            File.Delete(file);
        stack.Host.Runtime.Start();
        await stack.Host.Runtime.WaitUntilReadyAsync(cancellationToken);
    }

    // Jobs by event, each of them said ten times at once, and as many wake-ups again, some of which nobody can read.
    private static async Task RepeatAsync(JobStormStack stack, JobLoad load, Random random, CancellationToken cancellationToken)
    {
        var first = load.Count;
        var lane = random.Next(2) == 0 ? "standard" : "premium";
        var wakeUps = Enumerable.Range(0, Times).Select(n => WakeAsync(stack, lane, n % 5 == 4 ? JsonValue.Create("nonsense") : new JsonObject { ["lane"] = lane, ["shard"] = n % 4 }, cancellationToken));
        await Task.WhenAll([.. Enumerable.Range(first, MessagesPerTrial).Select(number => load.PublishAsync(number, lane, Times, cancellationToken)), .. wakeUps]);
    }

    private static async Task WakeAsync(JobStormStack stack, string lane, JsonNode data, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(data);
        await stack.Publisher.PublishAsync($"jobs-{lane}", content, cancellationToken);
    }
}
