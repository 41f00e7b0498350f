using Agents.Inference.Routing;
using Xunit;

namespace Agents.Inference.Tests.Routing;

public sealed class RateLimitHeaderTests
{
    [Theory]
    [InlineData("20ms", 0.02)]
    [InlineData("1.5s", 1.5)]
    [InlineData("6m0s", 360)]
    [InlineData("1h2m3s", 3_723)]
    [InlineData("7", 7)]
    public void Durations_are_read_as_openai_writes_them(string text, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RateLimitHeaders.Duration(text));

    [Theory]
    [InlineData("soon")]
    [InlineData("5y")]
    [InlineData("1.2.3s")]
    [InlineData("99999999s")]
    public void What_is_no_duration_is_none(string text) => Assert.Null(RateLimitHeaders.Duration(text));
}
