namespace Agents.Conformance.Units;

/// <summary>A clock that stands until a test moves it. It has no timers.</summary>
internal sealed class ManualTime : TimeProvider
{
    private TimeSpan _elapsed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _elapsed.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(50) + _elapsed;

    public void Advance(TimeSpan by) => _elapsed += by;
}
