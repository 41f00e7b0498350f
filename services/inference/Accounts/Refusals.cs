using Agents.Defaults.Errors;
using Agents.Inference.Budgets;

namespace Agents.Inference.Accounts;

/// <summary>What a caller is told whose call no budget covers.</summary>
internal static class Refusals
{
    /// <summary>The call alone could exceed the limit.</summary>
    public static Problem TooLarge(Meter meter, Amounts most) => new(
        429, Code(meter), $"This call may take up to {most[meter.Limit.Unit]} {Name(meter)}; the budget {meter.Limit.Budget.Id} allows {meter.Limit.Hard} "
        + "in all. A smaller max_completion_tokens or prompt may fit.");

    /// <summary>Too little is left, or others hold it at the moment.</summary>
    public static Problem UsedUp(Meter meter, Account account, DateTimeOffset now)
    {
        var total = account.Totals.GetValueOrDefault(meter.Key) ?? Total.Empty;
        var left = Math.Max(0, meter.Limit.Hard - total.Spent - total.Unattributed);
        // What calls under way and other replicas hold may come free long before the period ends.
        var held = account.Taken(meter.Key) > total.Spent + total.Unattributed;
        var wait = held && left > 0 ? TimeSpan.FromSeconds(2) : meter.Ends - now;
        return new Problem(
            429, Code(meter), $"The budget {meter.Limit.Budget.Id} has {left} of {meter.Limit.Hard} {Name(meter)} left, less than this call may take or "
            + "than calls under way leave of it.", RetryAfter: wait);
    }

    private static string Code(Meter meter) => meter.Limit.Unit == Unit.Micros ? "budget_exceeded" : "rate_limited";

    private static string Name(Meter meter) => meter.Limit.Unit switch
    {
        Unit.Micros => "micro-units",
        Unit.Requests => "requests a minute",
        _ => "tokens a minute",
    };
}
