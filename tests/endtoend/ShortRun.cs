using Agents.Testing;
using Agents.Torture;
using Xunit;

namespace Agents.EndToEnd.Tests;

/// <summary>A long run, cut short for the tests.</summary>
internal static class ShortRun
{
    public static async Task CheckAsync(Func<TortureOptions, Action<string>, CancellationToken, Task<bool>> runAsync, int count)
    {
        var figures = new Figures();
        Assert.True(
            await runAsync(new TortureOptions(Seed: 4_102, count, Clients: 3), figures.Say, TestContext.Current.CancellationToken),
            figures.ToString());
    }

    public static async Task CheckAsync<T>(int count)
        where T : FaultRun, new()
    {
        await using var run = new T();
        await CheckAsync(run.RunAsync, count);
    }
}
