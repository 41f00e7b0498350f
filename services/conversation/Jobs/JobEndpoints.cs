using System.Globalization;
using Agents.Conversation.Hooks;
using Agents.Conversation.Jobs.Lanes;
using Agents.Conversation.Jobs.Running;
using Agents.Conversation.Turns;
using Agents.Conversation.Turns.Running;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;

namespace Agents.Conversation.Jobs;

internal static class JobEndpoints
{
    private const int LongestWait = 60;

    /// <summary>What accepts jobs and knows of them.</summary>
    public static void AddJobs(this IServiceCollection services)
    {
        services.AddSingleton<JobStore>().AddSingleton<JobSettlement>().AddSingleton<JobDesk>();
        services.AddLaneCallers();
    }

    public static void MapJobs(this IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/v1/jobs").WithTags("Jobs").RequireScope(Scopes.Jobs);
        jobs.MapPost("/", Submit).WithIdempotency().Produces<Job>(202).Produces<Job>()
            .WithSummary("Submit a job. With 'Prefer: wait=N' the answer waits up to N seconds (at most 60) for its end, and is then a 200.");
        jobs.MapGet("/", List).Produces<Page<Job>>().WithSummary("List jobs, all or those that fit.");
        jobs.MapGet("/{id}", Get).Produces<Job>().WithSummary("One job.");
        jobs.MapGet("/{id}/result", Result).Produces<JobResult>().WithSummary("What the job gave; 409 while it has not ended.");
        jobs.MapGet("/{id}/events", Events).Produces(200, contentType: "text/event-stream")
            .WithSummary("The job's progress as server-sent events, from ?after= or Last-Event-ID on, to its end.");
        jobs.MapPost("/{id}/cancel", Cancel).Produces<Job>().WithSummary("Cancel the job; without effect once it has ended.");
        jobs.MapPost("/{id}/redrive", Redrive).Produces<Job>().WithSummary("Give a dead job all its attempts again.");
    }

    private static async Task<IResult> Submit(
        SubmitJob request, HttpContext http, Caller caller, JobDesk desk, JobStore jobs, TurnFeed feed, LaneOptions lanes, EgressClient egress, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (request.Refusal(caller.Has(Scopes.SessionsDelegate), lanes, egress, now) is { } refusal)
            return refusal;
        var again = http.Request.Headers.ContainsKey("Idempotency-Key");
        var (job, retryAfter) = await desk.SubmitAsync(http.NewId(JobStore.Prefix), caller.Tenant, request, again, cancellationToken);
        var location = $"/v1/jobs/{job.Id}";
        http.Response.Headers.Location = location;
        if (Wait(http.Request) is { } wait)
        {
            http.Response.Headers["Preference-Applied"] = string.Create(CultureInfo.InvariantCulture, $"wait={wait.TotalSeconds:0}");
            if (await EndedWithinAsync(job, wait, jobs, feed, time, cancellationToken) is { } ended)
                return TypedResults.Ok(ended.Show(time.GetUtcNow()));
        }
        http.Response.Headers.RetryAfter = retryAfter.ToString(CultureInfo.InvariantCulture);
        return TypedResults.Accepted(location, job.Show(now));
    }

    /// <param name="status">Only jobs that are <c>queued</c>, <c>running</c>, <c>succeeded</c>, <c>failed</c>, <c>cancelled</c> or <c>dead</c>.</param>
    /// <param name="kind">Only jobs of the kind <c>turn</c> or <c>supervisor</c>.</param>
    /// <param name="agent">Only jobs of this agent.</param>
    /// <param name="lane">Only jobs of this lane.</param>
    private static async Task<IResult> List(
        [AsParameters] PageQuery query, string? status, string? kind, string? agent, string? lane, Caller caller, JobStore jobs, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var wrongStatus = Checks.Choice<JobStatus>("status", status, out var wantedStatus);
        var wrongKind = Checks.Choice<JobKind>("kind", kind, out var wantedKind);
        if ((query.Refusal(JobStore.Prefix) ?? wrongStatus ?? wrongKind) is { } refusal)
            return refusal;
        var now = time.GetUtcNow();
        var page = await jobs.PageAsync(
            caller.Tenant, query, dead: false,
            job => (wantedStatus is null || job.Show(now).Status == wantedStatus) && (wantedKind is null || job.Kind == wantedKind) && (agent is null || job.Agent == agent) && (lane is null || job.Lane == lane),
            cancellationToken);
        return TypedResults.Ok(new Page<Job>([.. page.Data.Select(job => job.Show(now))], page.FirstId, page.LastId, page.HasMore));
    }

    private static async Task<IResult> Get(string id, Caller caller, JobStore jobs, TimeProvider time, CancellationToken cancellationToken) =>
        await jobs.FindAsync(caller.Tenant, id, cancellationToken) is { } job ? TypedResults.Ok(job.Show(time.GetUtcNow())) : Problem.NotFound("job");

    private static async Task<IResult> Result(string id, Caller caller, JobStore jobs, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await jobs.FindAsync(caller.Tenant, id, cancellationToken) is not { } job)
            return Problem.NotFound("job");
        var shown = job.Show(time.GetUtcNow());
        if (shown.Status is JobStatus.Queued or JobStatus.Running)
            return Problem.Conflict("job_not_ended", "The job has not ended yet.", TimeSpan.FromSeconds(1));
        return TypedResults.Ok(new JobResult(job.Id, shown.Status, await jobs.OutputAsync(job, cancellationToken), shown.Error, shown.Usage));
    }

    /// <param name="after">The id of the last event seen; the header <c>Last-Event-ID</c> says the same.</param>
    private static async Task<IResult> Events(
        string id, string? after, HttpRequest http, Caller caller, JobStore jobs, TurnFeed feed, CancellationToken cancellationToken)
    {
        if (await jobs.GetAsync(caller.Tenant, id, cancellationToken) is not { } job)
            return Problem.NotFound("job");
        return TurnStream.LastSeen(http, after) is { } seen ? new TurnStream(feed, job.AsSession(), job.Turn, seen) : TurnStream.BadId;
    }

    private static async Task<IResult> Cancel(string id, Caller caller, JobStore jobs, JobDesk desk, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await jobs.FindAsync(caller.Tenant, id, cancellationToken) is not { } job)
            return Problem.NotFound("job");
        var ended = job.Ended ? job : await desk.CancelAsync(job, cancellationToken);
        return ended is null ? Problem.NotFound("job") : TypedResults.Ok(ended.Show(time.GetUtcNow()));
    }

    private static async Task<IResult> Redrive(string id, Caller caller, JobStore jobs, JobDesk desk, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await jobs.FindAsync(caller.Tenant, id, cancellationToken) is not { } job)
            return Problem.NotFound("job");
        return await desk.RedriveAsync(job, cancellationToken) is { } revived
            ? TypedResults.Ok(revived.Show(time.GetUtcNow()))
            : Problem.Conflict("job_not_dead", "Only a dead job can be given another life.");
    }

    // RFC 7240: a preference, so what cannot be read is as if it were not there.
    private static TimeSpan? Wait(HttpRequest request)
    {
        foreach (var preference in request.Headers["Prefer"].SelectMany(value => (value ?? "").Split([',', ';'], StringSplitOptions.TrimEntries)))
        {
            if (preference.StartsWith("wait=", StringComparison.OrdinalIgnoreCase) && int.TryParse(preference.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0)
                return TimeSpan.FromSeconds(Math.Min(seconds, LongestWait));
        }
        return null;
    }

    private static async Task<JobRecord?> EndedWithinAsync(
        JobRecord job, TimeSpan wait, JobStore jobs, TurnFeed feed, TimeProvider time, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(wait, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        try
        {
            await foreach (var _ in feed.FollowAsync(job.AsSession(), job.Turn, 0, Timeout.InfiniteTimeSpan, limit.Token))
            {
                // Only the end matters here.
            }
            return await jobs.FindAsync(job.Tenant, job.Id, cancellationToken) is { Ended: true } ended ? ended : null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
