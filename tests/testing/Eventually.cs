using System.Diagnostics;

namespace Agents.Testing;

/// <summary>Waits for conditions instead of for time.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <summary>Returns once <paramref name="condition"/> holds.</summary>
    /// <param name="what">Names the condition in the failure.</param>
    /// <param name="within">Default 20 s.</param>
    /// <exception cref="TimeoutException">It never held.</exception>
    public static Task TrueAsync(Func<Task<bool>> condition, string what, CancellationToken cancellationToken, TimeSpan? within = null) =>
        TrueAsync(condition, () => what, within, cancellationToken);

    private static async Task TrueAsync(Func<Task<bool>> condition, Func<string> what, TimeSpan? within, CancellationToken cancellationToken)
    {
        var limit = within ?? TimeSpan.FromSeconds(20);
        for (var started = Stopwatch.GetTimestamp(); !await condition();)
        {
            if (Stopwatch.GetElapsedTime(started) > limit)
                throw new TimeoutException($"Within {limit.TotalSeconds:0} s it was never true that {what()}.");
            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>Returns once <paramref name="condition"/> holds.</summary>
    public static Task TrueAsync(Func<bool> condition, string what, CancellationToken cancellationToken, TimeSpan? within = null) =>
        TrueAsync(() => Task.FromResult(condition()), () => what, within, cancellationToken);

    /// <summary>Returns once <paramref name="condition"/> holds; <paramref name="what"/> is asked only when it never does.</summary>
    public static Task TrueAsync(Func<bool> condition, Func<string> what, CancellationToken cancellationToken, TimeSpan? within = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, within, cancellationToken);
}
