using Agents.Testing.Storms;

namespace Agents.Torture;

/// <summary>500 streamed turns in a storm of kills and pauses; see <see cref="TurnStorm"/>.</summary>
internal static class Turns
{
    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new StormStack();
        await stack.InitializeAsync();
        var storm = new TurnStorm(stack, new StormOptions(
            options.Seed, options.Count, Kills: 0, Clients: 10, Words: 40, Pause: TimeSpan.FromMilliseconds(40), Calm: TimeSpan.FromSeconds(2)));
        var report = await storm.RunAsync(cancellationToken);
        Console.WriteLine(report);
        return report.Good && report.Unclear.Count == 0 && report.KillsOfHolders * 2 >= report.Kills;
    }
}
