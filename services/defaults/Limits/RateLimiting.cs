using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Threading.RateLimiting;
using Agents.Defaults.Errors;
using Agents.Defaults.Identity;
using Microsoft.Extensions.Options;

namespace Agents.Defaults.Limits;

/// <summary>How much one key may ask of one replica.</summary>
public sealed class RateLimitOptions
{
    public const string Section = "RateLimit";

    /// <summary>Requests per second in the long run; default 200.</summary>
    [Range(1, 1_000_000)]
    public int RequestsPerSecond { get; set; } = 200;

    /// <summary>Requests that may come at once; default 1,000.</summary>
    [Range(1, 1_000_000)]
    public int Burst { get; set; } = 1_000;
}

/// <summary>
/// A token bucket per key (per address for requests without a valid one, so that guessing keys is slow). Answers carry
/// <c>RateLimit</c> and <c>RateLimit-Policy</c> as the IETF draft writes them, and the <c>x-ratelimit-*</c> names on OpenAI routes.
/// </summary>
internal sealed class RateLimiting(RequestDelegate next, IOptions<RateLimitOptions> options)
{
    private readonly int _burst = options.Value.Burst;
    private readonly int _rate = options.Value.RequestsPerSecond;

    private readonly PartitionedRateLimiter<string> _limiter = PartitionedRateLimiter.Create<string, string>(
        key => RateLimitPartition.GetTokenBucketLimiter(key, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.Value.Burst,
            TokensPerPeriod = Math.Max(1, options.Value.RequestsPerSecond / 10),
            ReplenishmentPeriod = TimeSpan.FromMilliseconds(options.Value.RequestsPerSecond >= 10 ? 100 : 1_000d / options.Value.RequestsPerSecond),
            QueueLimit = 0,
        }));

    public async Task InvokeAsync(HttpContext context)
    {
        var caller = context.CallerOrNull();
        if (caller is { Internal: true } || context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal))
        {
            await next(context);
            return;
        }
        var key = caller?.Key ?? $"address:{context.Connection.RemoteIpAddress}";
        using var lease = _limiter.AttemptAcquire(key);
        AddHeaders(context, _limiter.GetStatistics(key)?.CurrentAvailablePermits ?? 0);
        if (lease.IsAcquired)
            await next(context);
        else
            await new Problem(429, "rate_limited", $"This key may send {_rate} requests a second, {_burst} at once.", RetryAfter: TimeSpan.FromSeconds(1))
                .ExecuteAsync(context);
    }

    private void AddHeaders(HttpContext context, long remaining)
    {
        var headers = context.Response.Headers;
        headers["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"default\";q={_burst};w={Math.Max(1, _burst / _rate)}");
        headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"default\";r={remaining};t=1");
        if (context.GetEndpoint()?.Metadata.GetMetadata<OpenAiErrors>() is null)
            return;
        headers["x-ratelimit-limit-requests"] = _burst.ToString(CultureInfo.InvariantCulture);
        headers["x-ratelimit-remaining-requests"] = remaining.ToString(CultureInfo.InvariantCulture);
        headers["x-ratelimit-reset-requests"] = "1s";
    }
}
