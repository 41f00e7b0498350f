using System.Diagnostics;
using System.Globalization;
using Agents.Testing;
using Agents.Testing.Storms;

namespace Agents.Torture.Jobs;

/// <summary>Workers of a lane come and go under load, one to eight to one, and one of them is killed meanwhile.</summary>
internal static class Scaling
{
    private const string Lane = "batch";
    private const int Most = 8;
    private const int JobsPerWorker = 8;

    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new JobStormStack { Cluster = true, BatchWorkers = Most };
        await stack.InitializeAsync();
        // The model takes two seconds, so that slots are what there is too little of, and not this machine's cores.
        var load = new JobLoad(stack, words: 10, TimeSpan.FromMilliseconds(200));
        var (good, growth) = await RunAsync(stack, load, options, Console.WriteLine, cancellationToken);
        return good && growth > 2;
    }

    /// <returns>Whether every job ended once, and how many times as many jobs a second all workers did as one.</returns>
    public static async Task<(bool Good, double Growth)> RunAsync(
        JobStormStack stack, JobLoad load, TortureOptions options, Action<string> say, CancellationToken cancellationToken)
    {
        var random = new Random(options.Seed);
        var workers = stack.Host.Services.Where(child => child.AppId == $"conversation-{Lane}").ToList();
        var more = workers.Skip(1).ToList();
        await load.StartAsync(cancellationToken);
        var report = new JobStormReport();
        var started = Stopwatch.GetTimestamp();
        var rounds = new Progress("rounds", options.Count, say);
        var (alone, together) = (new List<double>(), new List<double>());
        for (var n = 0; n < options.Count; n++)
        {
            await Task.WhenAll(more.Select(worker => worker.StopAsync(TimeSpan.FromSeconds(20))));
            alone.Add(await RateAsync(load, JobsPerWorker, report, cancellationToken));
            // Half of the jobs wait already when the others come, one of which does not stay.
            var jobs = JobsPerWorker * workers.Count;
            var first = SubmitAsync(load, jobs / 2, report, cancellationToken);
            foreach (var worker in more)
                worker.Start();
            await Task.Delay(random.Next(2_000), cancellationToken);
            var victim = workers[random.Next(workers.Count)];
            victim.Kill();
            report.Kills++;
            await first;
            await Task.WhenAll(workers.Select(worker => worker.WaitUntilReadyAsync(cancellationToken)));
            together.Add(await RateAsync(load, jobs, report, cancellationToken));
            // They go while there is work for them.
            await SubmitAsync(load, jobs / 2, report, cancellationToken);
            rounds.Reached(n + 1);
        }
        await Task.WhenAll(more.Select(worker => worker.StopAsync(TimeSpan.FromSeconds(20))));
        await load.CheckAsync(report, cancellationToken);
        foreach (var worker in more)
            worker.Start();
        report.Lasted = Stopwatch.GetElapsedTime(started);
        say(string.Create(CultureInfo.InvariantCulture, $"""
            scaled               {options.Count} times from 1 to {workers.Count} and back{Statistics.Bound(report.Problems.Count, options.Count)}
            jobs a second        {alone.Average():0.0} with one worker, {together.Average():0.0} with {workers.Count}
            {report}
            """));
        return (report.Good, together.Average() / alone.Average());
    }

    private static async Task<double> RateAsync(JobLoad load, int jobs, JobStormReport report, CancellationToken cancellationToken)
    {
        await load.EndedAsync(cancellationToken);
        var started = Stopwatch.GetTimestamp();
        await SubmitAsync(load, jobs, report, cancellationToken);
        await load.EndedAsync(cancellationToken);
        return jobs / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static Task SubmitAsync(JobLoad load, int jobs, JobStormReport report, CancellationToken cancellationToken)
    {
        var first = load.Count;
        return Task.WhenAll(Enumerable.Range(first, jobs).Select(number => load.SubmitAsync(number, Lane, report, cancellationToken)));
    }
}
