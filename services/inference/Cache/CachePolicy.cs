using System.Globalization;
using Agents.Inference.Deployments;
using Agents.Inference.Routing;

namespace Agents.Inference.Cache;

/// <summary>
/// What a call may take from the cache and leave in it: the route's rule, and the caller's <c>Cache-Control</c>. <c>no-store</c> keeps
/// out of the cache altogether, <c>no-cache</c> asks anew and keeps the answer, <c>max-age=N</c> takes nothing older than N seconds and,
/// where the route has no rule of its own, keeps the answer that long.
/// </summary>
internal readonly record struct CachePolicy(bool Reads, bool Writes, TimeSpan Ttl, TimeSpan MaxAge)
{
    public bool IsOff => !Reads && !Writes;

    public static CachePolicy Of(ModelRoute route, HttpRequest request)
    {
        var control = request.Headers.CacheControl.ToString();
        if (control.Length == 0)
            return route.CacheTtl > TimeSpan.Zero ? new CachePolicy(true, true, route.CacheTtl, route.CacheTtl) : default;
        var (refresh, maxAge) = (false, (int?)null);
        foreach (var part in control.Split(',', StringSplitOptions.TrimEntries))
        {
            if (part.Equals("no-store", StringComparison.OrdinalIgnoreCase))
                return default;
            refresh |= part.Equals("no-cache", StringComparison.OrdinalIgnoreCase);
            if (part.StartsWith("max-age=", StringComparison.OrdinalIgnoreCase)
                && int.TryParse(part["max-age=".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            {
                maxAge = Math.Min(seconds, Rules.MaxCacheTtl);
            }
        }
        var ttl = route.CacheTtl > TimeSpan.Zero ? route.CacheTtl : TimeSpan.FromSeconds(maxAge ?? 0);
        if (ttl <= TimeSpan.Zero)
            return default;
        return new CachePolicy(!refresh && maxAge != 0, true, ttl, maxAge is { } age ? TimeSpan.FromSeconds(age) : ttl);
    }
}
