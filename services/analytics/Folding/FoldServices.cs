using Agents.Analytics.Series;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Identity;

namespace Agents.Analytics.Folding;

/// <summary>Has the archive folded into figures.</summary>
internal static class FoldServices
{
    public static void AddFigures(this IServiceCollection services)
    {
        services.AddSingleton<FigureStore>().AddSingleton<FigureReader>();
        services.AddSingleton<FoldService>().AddHostedService(provider => provider.GetRequiredService<FoldService>());
    }

    public static void MapRebuild(this IEndpointRouteBuilder routes) => routes.MapPost("/v1/analytics/rebuild", Rebuild).WithAudit("figures.rebuild")
        .RequireScope(Scopes.Admin)
        .WithTags("Analytics")
        .Produces(202)
        .WithName("RebuildFigures")
        .WithSummary("Count all figures of all tenants again from the archive; operator only. They stay readable meanwhile, marked as provisional.");

    private static async Task<IResult> Rebuild(Caller caller, FigureStore figures, CancellationToken cancellationToken)
    {
        if (!caller.IsOperator)
            return OperatorsOnly;
        for (var shard = 0; shard < FigureStore.Shards; shard++)
            await figures.UpdateShardAsync(shard, current => current?.Again(), cancellationToken);
        return TypedResults.Accepted((string?)null);
    }

    private static Problem OperatorsOnly { get; } = new(403, "operator_only", "Only an admin key of the tenant 'default' may do this.");
}
