using Agents.Testing.Storms;

namespace Agents.Torture;

/// <summary>Streamed turns in a storm of kills and pauses; see <see cref="TurnStorm"/>.</summary>
internal static class Turns
{
    /// <summary>500 turns, while whoever holds one is killed, or paused every third time, and now and then what it calls.</summary>
    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        var report = await BlowAsync(Storm(options) with { Turns = options.Count, StrikesPerPause = 3 }, cancellationToken);
        return report.Good && report.Unclear.Count == 0 && report.KillsOfHolders * 2 >= report.Kills;
    }

    /// <summary>600 kills of what a turn calls, or tells what it did: retrieval, inference, analytics.</summary>
    public static async Task<bool> RunCalleesAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        var storm = Storm(options) with { Kills = options.Count, Calm = TimeSpan.FromSeconds(1), Victims = ["analytics", "inference", "retrieval"] };
        var report = await BlowAsync(storm, cancellationToken);
        return report.Good && report.Unclear.Count == 0;
    }

    /// <summary>300 turns, while whoever holds one is stopped for some seconds, again and again, and goes on as if nothing had been.</summary>
    public static async Task<bool> RunPausesAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        var report = await BlowAsync(Storm(options) with { Turns = options.Count, Victims = ["conversation"], StrikesPerPause = 1 }, cancellationToken);
        return report.Good && report.Unclear.Count == 0;
    }

    private static StormOptions Storm(TortureOptions options) =>
        new(options.Seed, Turns: 0, Kills: 0, Clients: 10, Words: 40, Pause: TimeSpan.FromMilliseconds(40), Calm: TimeSpan.FromSeconds(2));

    private static async Task<StormReport> BlowAsync(StormOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new StormStack();
        await stack.InitializeAsync();
        var report = await new TurnStorm(stack, options, Console.WriteLine).RunAsync(cancellationToken);
        Console.WriteLine(report);
        return report;
    }
}
