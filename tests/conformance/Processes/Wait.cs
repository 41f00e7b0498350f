using System.Diagnostics;

namespace Agents.Conformance.Processes;

/// <summary>Waits for conditions instead of for time.</summary>
internal static class Wait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>True once the condition holds, false when it never did.</summary>
    public static async Task<bool> ForAsync(Func<bool> condition, TimeSpan within, CancellationToken cancel)
    {
        var began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(began) > within) return false;
            await Task.Delay(Pause, cancel);
        }

        return true;
    }

    /// <inheritdoc cref="ForAsync(Func{bool},TimeSpan,CancellationToken)"/>
    public static async Task<bool> ForAsync(Func<Task<bool>> condition, TimeSpan within, CancellationToken cancel)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(began) > within) return false;
            await Task.Delay(Pause, cancel);
        }

        return true;
    }

    /// <summary>Returns once the condition holds; otherwise the test fails.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what, CancellationToken cancel, double seconds = 15)
    {
        if (!await ForAsync(condition, TimeSpan.FromSeconds(seconds), cancel))
            Assert.Fail($"Within {seconds} s it was never true that {what}.");
    }

    /// <inheritdoc cref="UntilAsync(Func{bool},string,CancellationToken,double)"/>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what, CancellationToken cancel, double seconds = 15)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(began).TotalSeconds > seconds) Assert.Fail($"Within {seconds} s it was never true that {what}.");
            await Task.Delay(Pause, cancel);
        }
    }
}
