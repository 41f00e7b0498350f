using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;

namespace Agents.Conversation.Jobs;

/// <summary>Chooses dead letters.</summary>
/// <param name="Ids">At most 100 job ids; absent: those that fit the rest, the oldest first.</param>
/// <param name="Lane">Only those of this lane.</param>
/// <param name="Agent">Only those of this agent.</param>
/// <param name="Reason">Only those that died of this error code.</param>
public sealed record ChooseDeadLetters(IReadOnlyList<string>? Ids, string? Lane = null, string? Agent = null, string? Reason = null);

/// <summary>What was done with dead letters.</summary>
/// <param name="Count">How many there were to do it with; at most 100 in one call.</param>
/// <param name="HasMore">There are more that fit.</param>
public sealed record DeadLettersDone(int Count, bool HasMore);

internal static class DeadLetterEndpoints
{
    private const int AtOnce = 100;

    public static void MapDeadLetters(this IEndpointRouteBuilder routes)
    {
        var letters = routes.MapGroup("/v1/dead-letters").WithTags("Jobs").RequireScope(Scopes.Jobs);
        letters.MapGet("/", List).Produces<Page<Job>>().WithSummary("List jobs that used up their attempts, with the reason, the attempts and the trace.");
        letters.MapGet("/{id}", Get).Produces<Job>().WithSummary("One dead job.");
        letters.MapPost("/redrive", Redrive).Produces<DeadLettersDone>().WithSummary("Give dead jobs all their attempts again, at most 100 in one call.");
        letters.MapPost("/purge", Purge).WithAudit("dead_letter.purge").Produces<DeadLettersDone>().WithSummary("Remove dead jobs for good, at most 100 in one call.");
        letters.MapDelete("/{id}", Delete).WithAudit("dead_letter.delete").Produces(204).WithSummary("Remove a dead job for good.");
    }

    /// <param name="lane">Only those of this lane.</param>
    /// <param name="agent">Only those of this agent.</param>
    /// <param name="reason">Only those that died of this error code.</param>
    private static async Task<IResult> List(
        [AsParameters] PageQuery query, string? lane, string? agent, string? reason, Caller caller, JobStore jobs, TimeProvider time, CancellationToken cancellationToken)
    {
        if (query.Refusal(JobStore.Prefix) is { } refusal)
            return refusal;
        var page = await jobs.PageAsync(caller.Tenant, query, dead: true, job => Fits(job, lane, agent, reason), cancellationToken);
        return TypedResults.Ok(new Page<Job>([.. page.Data.Select(job => job.Show(time.GetUtcNow()))], page.FirstId, page.LastId, page.HasMore));
    }

    private static async Task<IResult> Get(string id, Caller caller, JobStore jobs, TimeProvider time, CancellationToken cancellationToken) =>
        await jobs.GetAsync(caller.Tenant, id, cancellationToken) is { Status: JobStatus.Dead } job ? TypedResults.Ok(job.Show(time.GetUtcNow())) : Problem.NotFound("dead_letter");

    private static Task<IResult> Redrive(ChooseDeadLetters request, Caller caller, JobStore jobs, JobDesk desk, CancellationToken cancellationToken) =>
        DoAsync(request, caller, jobs, async job => await desk.RedriveAsync(job, cancellationToken) is not null, cancellationToken);

    private static Task<IResult> Purge(ChooseDeadLetters request, Caller caller, JobStore jobs, CancellationToken cancellationToken) => DoAsync(
        request,
        caller,
        jobs,
        async job =>
        {
            await jobs.DeleteAsync(job, cancellationToken);
            return true;
        },
        cancellationToken);

    private static async Task<IResult> Delete(string id, Caller caller, JobStore jobs, CancellationToken cancellationToken)
    {
        if (await jobs.GetAsync(caller.Tenant, id, cancellationToken) is not { Status: JobStatus.Dead } job)
            return Problem.NotFound("dead_letter");
        await jobs.DeleteAsync(job, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> DoAsync(ChooseDeadLetters request, Caller caller, JobStore jobs, Func<JobRecord, Task<bool>> act, CancellationToken cancellationToken)
    {
        var wrong = Checks.Items("ids", request.Ids, AtOnce, 64) ?? Checks.Optional("lane", request.Lane, 100) ?? Checks.Optional("agent", request.Agent, 100)
            ?? Checks.Optional("reason", request.Reason, 100);
        if (wrong is { } refusal)
            return refusal;
        List<JobRecord> chosen = [];
        var more = false;
        if (request.Ids is { } ids)
        {
            foreach (var id in ids.Distinct())
            {
                if (await jobs.GetAsync(caller.Tenant, id, cancellationToken) is { } job && Fits(job, request.Lane, request.Agent, request.Reason))
                    chosen.Add(job);
            }
        }
        else
        {
            var page = await jobs.PageAsync(
                caller.Tenant, new PageQuery(AtOnce, null, "asc"), dead: true, job => Fits(job, request.Lane, request.Agent, request.Reason), cancellationToken);
            (chosen, more) = ([.. page.Data], page.HasMore);
        }
        var count = 0;
        foreach (var job in chosen)
            count += await act(job) ? 1 : 0;
        return TypedResults.Ok(new DeadLettersDone(count, more));
    }

    private static bool Fits(JobRecord job, string? lane, string? agent, string? reason) => job.Status == JobStatus.Dead
        && (lane is null || job.Lane == lane) && (agent is null || job.Agent == agent) && (reason is null || job.Error?.Code == reason);
}
