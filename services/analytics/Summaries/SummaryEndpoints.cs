using System.ComponentModel;
using Agents.Analytics.Figures;
using Agents.Analytics.Series;
using Agents.Defaults.Errors;
using Agents.Defaults.Identity;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Agents.Analytics.Summaries;

/// <summary>The figures in one answer.</summary>
internal static class SummaryEndpoints
{
    private static readonly Dimension[] Dimensions = [Dimension.Total, Dimension.Model];

    public static void MapSummaries(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/analytics/summary", Get)
            .RequireScope(Scopes.Analytics)
            .WithTags("Analytics")
            .WithName("GetSummary")
            .WithSummary("Figures on infrastructure, agents, models, quality and business over a range of time");

    private static async Task<Results<Ok<Summary>, Problem>> Get(
        [FromQuery, Description("Start, RFC 3339; default 24 hours before 'to'.")] string? from,
        [FromQuery, Description("End, RFC 3339; default now. At most 31 days after 'from'.")] string? to,
        Caller caller, FigureReader figures, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (range, refusal) = TimeRange.Read(from, to, TimeRange.Month, now);
        if (range is null)
            return refusal!;
        return TypedResults.Ok(SummaryBuilder.Build(range, await figures.ReadAsync(caller.Tenant, range, Dimensions, cancellationToken), caller.IsOperator, now));
    }
}
