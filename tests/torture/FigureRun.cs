using Agents.Local;
using Agents.Testing;
using Agents.Testing.Storms;

namespace Agents.Torture;

/// <summary>50,000 events and 30 kills or more; see <see cref="FigureStorm"/>.</summary>
internal static class FigureRun
{
    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new FigureStack();
        await stack.InitializeAsync();
        var report = await new FigureStorm(stack, new FigureStormOptions(options.Seed, options.Count, 20, Kills: 30)).RunAsync(cancellationToken);
        Console.WriteLine(report);
        return report.Good;
    }

    private sealed class FigureStack : Stack
    {
        protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) =>
            ValueTask.FromResult(options with { Replicas = new Dictionary<string, int> { ["analytics"] = 3 } });
    }
}
