using System.ComponentModel;
using Agents.Defaults.Errors;
using Agents.Defaults.Identity;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Agents.Analytics.Summaries;

/// <summary>The figures in one answer.</summary>
internal static class SummaryEndpoints
{
    // A replica that has just started may have a month to read; whoever asks gets what there is, marked as provisional.
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(3);

    public static void AddSummaries(this IServiceCollection services)
    {
        services.AddSingleton(_ => new Timeline());
        services.AddSingleton<ArchiveFollower>().AddHostedService(provider => provider.GetRequiredService<ArchiveFollower>());
    }

    public static void MapSummaries(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/analytics/summary", Get)
            .RequireScope(Scopes.Analytics)
            .WithTags("Analytics")
            .WithName("GetSummary")
            .WithSummary("Figures on infrastructure, agents, models, quality and business over a range of time");

    private static async Task<Results<Ok<Summary>, Problem>> Get(
        [FromQuery, Description("Start, RFC 3339; default 24 hours before 'to'.")] string? from,
        [FromQuery, Description("End, RFC 3339; default now. At most 31 days after 'from'.")] string? to,
        Caller caller, Timeline timeline, ArchiveFollower follower, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (range, refusal) = SummaryRange.Read(from, to, now);
        if (range is null)
            return refusal!;
        var complete = await TryCatchUpAsync(follower, time, cancellationToken);
        return TypedResults.Ok(SummaryBuilder.Build(range, timeline.Read(range, caller.Tenant), complete, caller.IsOperator, now));
    }

    private static async Task<bool> TryCatchUpAsync(ArchiveFollower follower, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(MaxWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await follower.CatchUpAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Said by the answer's mark.
            return false;
        }
    }
}
