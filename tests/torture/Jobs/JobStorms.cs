using Agents.Testing.Storms;

namespace Agents.Torture.Jobs;

/// <summary>Storms over a cluster's roles; see <see cref="JobStorm"/>.</summary>
internal static class JobStorms
{
    /// <summary>2,000 jobs over three lanes and at least 100 kills of whatever takes part.</summary>
    public static Task<bool> AnyAsync(TortureOptions options, CancellationToken cancellationToken) => RunAsync(
        new JobStormOptions(options.Seed, options.Count, Kills: Math.Max(1, options.Count / 20), Words: 10, Pause: TimeSpan.FromMilliseconds(50), Calm: TimeSpan.FromSeconds(3)),
        cancellationToken);

    /// <summary>300 kills of workers in the middle of a job.</summary>
    public static Task<bool> WorkersAsync(TortureOptions options, CancellationToken cancellationToken) => RunAsync(
        new JobStormOptions(
            options.Seed, Jobs: options.Count, Kills: options.Count, Words: 10, Pause: TimeSpan.FromMilliseconds(50), Calm: TimeSpan.FromSeconds(1.2), WorkersOnly: true),
        cancellationToken);

    private static async Task<bool> RunAsync(JobStormOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new JobStormStack { Cluster = true };
        await stack.InitializeAsync();
        var report = await new JobStorm(stack, options, Console.WriteLine).RunAsync(cancellationToken);
        Console.WriteLine(report);
        return report.Good && report.KillsOfHolders * 2 >= report.Kills;
    }
}
