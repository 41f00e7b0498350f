using Agents.Testing;
using Agents.Testing.Plans;

namespace Agents.Torture;

/// <summary>Generated tasks whose workers go wrong in at least eight ways; see <see cref="FaultyRun"/>.</summary>
internal static class Supervisor
{
    public static async Task<bool> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var stack = new Stack();
        await stack.InitializeAsync();
        var report = await new FaultyRun(stack, options.Seed).RunAsync(options.Count, cancellationToken);
        Console.WriteLine(report);
        return report.IsGood;
    }
}
