using Agents.Cel;
using Agents.LocalRuntime.Resiliency;

namespace Agents.Conformance.Units;

public class CircuitBreakerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly ManualTime _time = new();

    [Fact]
    public void It_opens_on_its_expression_and_closes_after_as_many_successes_as_it_lets_through()
    {
        var breaker = Breaker("consecutiveFailures >= 2", maxRequests: 2);
        Fail(breaker);
        Succeed(breaker);
        Fail(breaker);
        Fail(breaker);
        Assert.Throws<CircuitOpenException>(() => breaker.Enter());
        _time.Advance(10 * Second);

        var first = breaker.Enter();
        var second = breaker.Enter();
        Assert.Throws<CircuitOpenException>(() => breaker.Enter());
        breaker.Report(first, success: true);
        breaker.Report(second, success: true);
        Succeed(breaker);
    }

    [Fact]
    public void A_failure_while_half_open_opens_it_again()
    {
        var breaker = Breaker("totalFailures > 0 && requests >= 1", maxRequests: 1);
        Fail(breaker);
        _time.Advance(10 * Second);
        Fail(breaker);
        Assert.Throws<CircuitOpenException>(() => breaker.Enter());
    }

    [Fact]
    public void Counts_are_forgotten_after_the_interval()
    {
        var breaker = Breaker("totalFailures >= 2", maxRequests: 1);
        Fail(breaker);
        _time.Advance(6 * Second);
        Fail(breaker);
        Succeed(breaker);
        Fail(breaker);
        Assert.Throws<CircuitOpenException>(() => breaker.Enter());
    }

    [Fact]
    public void A_late_answer_of_an_earlier_period_does_not_count()
    {
        var breaker = Breaker("consecutiveFailures >= 1", maxRequests: 1);
        var slow = breaker.Enter();
        Fail(breaker);
        _time.Advance(10 * Second);
        var probe = breaker.Enter();
        breaker.Report(slow, success: false);
        breaker.Report(probe, success: true);
        Succeed(breaker);
    }

    private CircuitBreaker Breaker(string trip, int maxRequests) =>
        new(new BreakerOptions(maxRequests, 5 * Second, 10 * Second, Expression.Parse(trip)), _time);

    private static void Fail(CircuitBreaker breaker) => breaker.Report(breaker.Enter(), success: false);

    private static void Succeed(CircuitBreaker breaker) => breaker.Report(breaker.Enter(), success: true);
}
