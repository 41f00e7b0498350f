using Agents.Inference.Deployments;
using Agents.Inference.Routing;
using Xunit;

namespace Agents.Inference.Tests.Routing;

/// <summary>What a replica knows of one address, under a clock that the test moves.</summary>
public sealed class UpstreamTests
{
    private readonly Clock _time = new();

    [Fact]
    public void Five_failures_in_a_row_make_it_rest_and_one_call_probes_it()
    {
        var upstream = New(null);
        for (var n = 0; n < 5; n++)
        {
            Assert.True(Call(upstream));
            upstream.Failed();
        }
        Assert.False(upstream.TryBegin(out var refusal));
        Assert.Equal((TimeSpan.FromSeconds(1), false), (refusal.Wait, refusal.RateLimited));
        _time.Forward(TimeSpan.FromSeconds(1));
        Assert.True(upstream.TryBegin(out _));
        Assert.False(upstream.TryBegin(out _));
        upstream.Failed();
        upstream.End();
        // Twice as long as before.
        _time.Forward(TimeSpan.FromSeconds(1.9));
        Assert.False(upstream.TryBegin(out _));
        _time.Forward(TimeSpan.FromSeconds(0.1));
        Assert.True(upstream.TryBegin(out _));
        upstream.Succeeded();
        upstream.End();
        Assert.True(Call(upstream) && Call(upstream));
    }

    [Fact]
    public void A_wait_that_it_asked_for_is_kept()
    {
        var upstream = New(null);
        upstream.RateLimited(TimeSpan.FromSeconds(20));
        _time.Forward(TimeSpan.FromSeconds(19));
        Assert.False(upstream.TryBegin(out var refusal));
        Assert.Equal((TimeSpan.FromSeconds(1), true), (refusal.Wait, refusal.RateLimited));
        _time.Forward(TimeSpan.FromSeconds(1));
        Assert.True(Call(upstream));
    }

    [Fact]
    public void Our_own_limits_are_kept()
    {
        var few = New(new DeploymentLimits(MaxInFlight: 2));
        Assert.True(few.TryBegin(out _) && few.TryBegin(out _));
        Assert.False(few.TryBegin(out _));
        few.End();
        Assert.True(few.TryBegin(out _));

        var slow = New(new DeploymentLimits(RequestsPerMinute: 2));
        Assert.True(Call(slow) && Call(slow));
        Assert.False(Call(slow));
        _time.Forward(TimeSpan.FromMinutes(1));
        Assert.True(Call(slow));

        var small = New(new DeploymentLimits(TokensPerMinute: 100));
        Assert.True(small.TryBegin(out _));
        small.End(150);
        Assert.False(Call(small));
        _time.Forward(TimeSpan.FromMinutes(1));
        Assert.True(Call(small));
    }

    private static bool Call(Upstream upstream)
    {
        var taken = upstream.TryBegin(out _);
        if (taken)
            upstream.End();
        return taken;
    }

    private Upstream New(DeploymentLimits? limits) => new(new Uri("http://127.0.0.1:1/v1"), limits, _time);

    private sealed class Clock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Forward(TimeSpan span) => _now += span.Ticks;
    }
}
