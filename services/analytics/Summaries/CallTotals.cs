using Agents.Contracts;

namespace Agents.Analytics.Summaries;

/// <summary>Totals over model calls; money in micro-units.</summary>
internal readonly record struct CallTotals(
    long Calls, long Errors, long RateLimited, long TokensIn, long TokensOut, long TokensCached, long CostMicros)
{
    // What inference says when the provider answers 429.
    private const string RateLimitedError = "provider_rate_limited";

    public static CallTotals Of(CallCompleted call) => new(
        1, call.Error is null ? 0 : 1, call.Error == RateLimitedError ? 1 : 0, call.TokensIn, call.TokensOut, call.TokensCached, call.CostMicros);

    public static CallTotals operator +(CallTotals one, CallTotals other) => new(
        one.Calls + other.Calls, one.Errors + other.Errors, one.RateLimited + other.RateLimited, one.TokensIn + other.TokensIn,
        one.TokensOut + other.TokensOut, one.TokensCached + other.TokensCached, one.CostMicros + other.CostMicros);
}
