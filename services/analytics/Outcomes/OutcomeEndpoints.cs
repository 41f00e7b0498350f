using System.ComponentModel;
using Agents.Analytics.Series;
using Agents.Defaults.Errors;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;
using Microsoft.AspNetCore.Mvc;

namespace Agents.Analytics.Outcomes;

/// <summary>What a resolved conversation costs.</summary>
internal static class OutcomeEndpoints
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static void MapOutcomes(this IEndpointRouteBuilder routes)
    {
        var outcomes = routes.MapGroup("/v1/analytics/outcomes").RequireScope(Scopes.Analytics).WithTags("Analytics");
        outcomes.MapGet("/", Get).Produces<OutcomeReport>().WithName("GetOutcomes")
            .WithSummary("Outcomes of sessions with what they cost, by the agent's version and the model's");
        outcomes.MapGet("/sessions", List).Produces<Page<SessionOutcome>>().WithName("ListOutcomes").WithSummary("The sessions that ended within up to a day, the latest first");
    }

    private static async Task<IResult> Get(
        [FromQuery, Description("Start, RFC 3339; default 24 hours before 'to'.")] string? from,
        [FromQuery, Description("End, RFC 3339; default now. At most 31 days after 'from'.")] string? to,
        Caller caller, FigureReader figures, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (range, refusal) = TimeRange.Read(from, to, TimeRange.Month, now);
        if (range is null)
            return refusal!;
        var (tally, complete) = await figures.CasesAsync(caller.Tenant, range, cancellationToken);
        return TypedResults.Ok(OutcomeBuilder.Build(range, tally, complete, now));
    }

    private static async Task<IResult> List(
        [FromQuery, Description("Start, RFC 3339; default 24 hours before 'to'.")] string? from,
        [FromQuery, Description("End, RFC 3339; default now. At most a day after 'from'.")] string? to,
        [FromQuery, Description("1 to 100; default 20.")] int? limit, [FromQuery, Description("A session of this list, after which to go on.")] string? after,
        Caller caller, FigureReader figures, TimeProvider time, CancellationToken cancellationToken)
    {
        var (range, refusal) = TimeRange.Read(from, to, Day + TimeSpan.FromMinutes(1), time.GetUtcNow());
        if (range is null)
            return refusal!;
        if (limit is < 1 or > 100)
            return Problem.Invalid("limit", "limit must be 1 to 100.");
        var sessions = OutcomeBuilder.Sessions((await figures.CasesAsync(caller.Tenant, range, cancellationToken)).Tally);
        var begin = after is null ? 0 : sessions.TakeWhile(session => session.Session != after).Count() + 1;
        if (begin > sessions.Count)
            return Problem.Invalid("after", "after must be a session of this list.");
        var page = sessions.Skip(begin).Take(limit ?? 20).ToList();
        return TypedResults.Ok(new Page<SessionOutcome>(page, page.FirstOrDefault()?.Session, page.LastOrDefault()?.Session, begin + page.Count < sessions.Count));
    }
}
