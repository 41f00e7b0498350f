using Agents.Analytics.Series;

namespace Agents.Analytics.Tests.Series;

public sealed class TimeRangeTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 14, 12, 30, 45, TimeSpan.Zero);

    [Fact]
    public void By_default_the_last_24_hours_are_meant()
    {
        var (range, refusal) = TimeRange.Read(null, null, TimeRange.Month, Now);
        Assert.Null(refusal);
        Assert.Equal((Now.AddSeconds(15) - TimeSpan.FromHours(24), Now.AddSeconds(15)), (range!.From, range.To));
    }

    [Theory]
    [InlineData("2026-03-14T10:00:59Z", "2026-03-14T11:00:01Z", "10:00", "11:01")]
    [InlineData("2026-03-14T10:00:00Z", "2026-03-14T11:00:00Z", "10:00", "11:00")]
    [InlineData("2026-03-14T10:00:00.25Z", "2026-03-14T11:00:00.0000001Z", "10:00", "11:01")]
    [InlineData("2026-03-14T12:00:00+02:00", "2026-03-14T06:00:00-05:00", "10:00", "11:00")]
    public void A_range_is_widened_to_whole_minutes(string from, string to, string start, string end)
    {
        var (range, refusal) = TimeRange.Read(from, to, TimeRange.Month, Now);
        Assert.Null(refusal);
        Assert.Equal((start, end), ($"{range!.From:HH:mm}", $"{range.To:HH:mm}"));
        Assert.Equal((TimeSpan.Zero, 0, 0), (range.To.Offset, range.From.Second, range.To.Second));
    }

    [Fact]
    public void Thirty_one_days_are_accepted_and_a_minute_more_is_not()
    {
        Assert.NotNull(TimeRange.Read("2026-02-11T12:00:00Z", "2026-03-14T12:00:00Z", TimeRange.Month, Now).Range);
        Assert.Equal("from", TimeRange.Read("2026-02-11T11:59:59Z", "2026-03-14T12:00:00Z", TimeRange.Month, Now).Refusal?.Field);
    }

    [Theory]
    [InlineData("yesterday", null, "from")]
    [InlineData("", null, "from")]
    [InlineData("2026-03-14", null, "from")]
    [InlineData("2026-03-14T10:00:00", null, "from")]
    [InlineData("2026-03-14 10:00:00Z", null, "from")]
    [InlineData("2026-03-14T10:00:00 02:00", null, "from")]
    [InlineData("2026-02-30T10:00:00Z", null, "from")]
    [InlineData("0001-01-01T00:00:00Z", null, "from")]
    [InlineData(null, "9999-12-31T23:59:59Z", "to")]
    [InlineData(null, "now", "to")]
    [InlineData("2026-03-14T12:00:00Z", "2026-03-14T12:00:00Z", "from")]
    [InlineData("2026-03-14T12:30:00Z", "2026-03-14T12:00:00Z", "from")]
    [InlineData("2026-03-15T12:30:00Z", null, "from")]
    public void Anything_else_is_refused_by_name(string? from, string? to, string field)
    {
        var (range, refusal) = TimeRange.Read(from, to, TimeRange.Month, Now);
        Assert.Null(range);
        Assert.Equal((400, field), (refusal?.Status, refusal?.Field));
    }
}
