namespace Agents.LocalRuntime.State;

/// <summary>Expiry times as the stores keep them: Unix milliseconds.</summary>
internal static class StateClock
{
    public static long Now(TimeProvider time) => time.GetUtcNow().ToUnixTimeMilliseconds();

    public static long? ExpiresAt(TimeProvider time, TimeSpan? timeToLive) =>
        timeToLive is { } span ? Now(time) + (long)span.TotalMilliseconds : null;
}
