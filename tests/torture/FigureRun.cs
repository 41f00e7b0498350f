using Agents.Local;
using Agents.Testing;
using Agents.Testing.Storms;

namespace Agents.Torture;

/// <summary>50,000 events in a storm of kills; see <see cref="FigureStorm"/>.</summary>
internal static class FigureRun
{
    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new FigureStack();
        await stack.InitializeAsync();
        var report = await new FigureStorm(stack, new FigureStormOptions(options.Seed, options.Count, 20, TimeSpan.FromMilliseconds(700))).RunAsync(cancellationToken);
        Console.WriteLine(report);
        return report.Good && report.Kills > 0;
    }

    private sealed class FigureStack : Stack
    {
        protected override ValueTask<LocalHostOptions> ConfigureAsync(LocalHostOptions options) =>
            ValueTask.FromResult(options with { Replicas = new Dictionary<string, int> { ["analytics"] = 3 } });
    }
}
