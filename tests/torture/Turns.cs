using Agents.Local;
using Agents.Testing;
using Agents.Testing.Storms;

namespace Agents.Torture;

/// <summary>500 streamed turns in a storm of kills and pauses; see <see cref="TurnStorm"/>.</summary>
internal static class Turns
{
    /// <summary>Three replicas of conversation, two of what it asks.</summary>
    private sealed class StormStack : Stack
    {
        protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) => ValueTask.FromResult(options with
        {
            Replicas = new Dictionary<string, int> { ["conversation"] = 3, ["retrieval"] = 2, ["inference"] = 2, ["analytics"] = 1 },
            StartTimeout = TimeSpan.FromMinutes(3),
        });
    }

    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new StormStack();
        await stack.InitializeAsync();
        var storm = new TurnStorm(stack, new StormOptions(
            options.Seed, options.Count, Clients: 10, Words: 40, Pause: TimeSpan.FromMilliseconds(40), Limit: TimeSpan.FromHours(1)));
        var report = await storm.RunAsync(cancellationToken);
        Console.WriteLine(report);
        return report.Good && report.Unclear.Count == 0 && report.KillsOfHolders * 2 >= report.Kills;
    }
}
