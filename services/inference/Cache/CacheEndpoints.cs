using Agents.Defaults.Events;
using Agents.Defaults.Identity;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Agents.Inference.Cache;

internal static class CacheEndpoints
{
    public static IServiceCollection AddExactCache(this IServiceCollection services)
    {
        services.AddOptions<CacheOptions>().BindConfiguration(CacheOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<CachePurges>().AddSingleton<ExactCache>();
    }

    public static void MapCache(this IEndpointRouteBuilder routes) => routes.MapDelete("/v1/cache", Purge).WithAudit("cache.purge")
        .WithTags("Cache").WithName("PurgeCache").RequireScope(Scopes.Admin)
        .WithSummary("Forget all cached answers of the tenant; every replica does within two seconds.");

    private static async Task<NoContent> Purge(Caller caller, CachePurges purges, CancellationToken cancellationToken)
    {
        await purges.PurgeAsync(caller.Tenant, cancellationToken);
        return TypedResults.NoContent();
    }
}
