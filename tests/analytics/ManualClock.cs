namespace Agents.Analytics.Tests;

/// <summary>A clock that moves when told to.</summary>
internal sealed class ManualClock(DateTimeOffset start) : TimeProvider
{
    private TimeSpan _passed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Pass(TimeSpan time) => _passed += time;

    public override long GetTimestamp() => _passed.Ticks + 1;

    public override DateTimeOffset GetUtcNow() => start + _passed;
}
