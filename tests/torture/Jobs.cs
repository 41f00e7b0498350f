using Agents.Testing.Storms;

namespace Agents.Torture;

/// <summary>2,000 jobs over three lanes in a storm of at least 100 kills; see <see cref="JobStorm"/>.</summary>
internal static class Jobs
{
    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new JobStormStack { Cluster = true };
        await stack.InitializeAsync();
        var storm = new JobStorm(stack, new JobStormOptions(
            options.Seed, options.Count, Kills: Math.Max(1, options.Count / 20), Words: 10, Pause: TimeSpan.FromMilliseconds(50), Calm: TimeSpan.FromSeconds(3)));
        var report = await storm.RunAsync(cancellationToken);
        Console.WriteLine(report);
        return report.Good && report.KillsOfHolders * 2 >= report.Kills;
    }
}
