using System.Globalization;
using Agents.Contracts;
using Agents.Conversation.Catalog;
using Agents.Conversation.Guardrails;
using Agents.Conversation.Jobs.Lanes;
using Agents.Conversation.Jobs.Running;
using Agents.Conversation.Supervisor;
using Agents.Conversation.Turns;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Dapr;

namespace Agents.Conversation.Jobs;

/// <summary>Accepts jobs, cancels them, and takes them back from the dead letters.</summary>
internal sealed class JobDesk(
    JobStore jobs, LaneOptions lanes, LaneClient lane, AgentStore agents, AgentGuardrails guardrails, JobSettlement settlement, SupervisorDesk supervisors,
    EventPublisher events, TimeProvider time)
{
    /// <summary>
    /// Accepts a job: from here on it will end, whatever dies. Accepting the same id again changes nothing.
    /// </summary>
    /// <param name="again">The id may have been submitted before: then that is the job.</param>
    /// <returns>The job, and the seconds after which it may have ended.</returns>
    /// <exception cref="ProblemException">404 <c>agent_not_found</c>, 409 <c>lane_unknown</c>, 429 <c>lane_full</c>.</exception>
    public async Task<(JobRecord Job, int WaitSeconds)> SubmitAsync(string id, string tenant, SubmitJob request, bool again, CancellationToken cancellationToken)
    {
        var known = again ? await jobs.GetAsync(tenant, id, cancellationToken) : null;
        if (known is { Untouched: false })
        {
            await TellAsync(known, cancellationToken);
            return (known, 1);
        }
        if (await agents.FindAsync(tenant, request.Agent ?? AgentStore.DefaultId, request.AgentVersion, cancellationToken) is not { } agent)
            throw new ProblemException(Problem.NotFound("agent"));
        var (input, hits) = guardrails.Admit(agent, request.Input!);
        var job = request.ToJob(id, tenant, agent, input, time.GetUtcNow()) with { Guardrails = hits };
        if (!lanes.Has(job.Lane))
            throw new ProblemException(Problem.Conflict("lane_unknown", $"The agent names the lane '{job.Lane}', which does not exist; name one with the job."));
        if (job.Kind == JobKind.Supervisor)
        {
            await supervisors.StartAsync(job, request.Supervisor ?? new Supervise(), cancellationToken);
            await TellAsync(job, cancellationToken);
            return (job, 1);
        }
        return await AcceptAsync(job, cancellationToken);
    }

    /// <summary>Keeps a job and gives it its place, as far as it is not kept or has none.</summary>
    /// <exception cref="ProblemException">429 <c>lane_full</c>.</exception>
    public async Task<(JobRecord Job, int WaitSeconds)> AcceptAsync(JobRecord job, CancellationToken cancellationToken)
    {
        var first = await jobs.CreateAsync(job, cancellationToken);
        try
        {
            // Not given up half way: a caller who has gone may come back for the job under its idempotency key.
            var (accepted, wait) = await lane.PlaceAsync(job.Lane, PlaceOf(job, job.Life));
            if (accepted)
            {
                await TellAsync(job, cancellationToken);
                return (job, wait);
            }
        }
        catch (Exception exception) when (exception is DaprException or HttpRequestException)
        {
            // The caller is told that nothing was accepted, so it must not run; taken back, it does not.
            if (first && !await jobs.WithdrawAsync(job, CancellationToken.None))
                return (job, 1);
            throw;
        }
        if (first && !await jobs.WithdrawAsync(job, CancellationToken.None))
            return (job, 1);
        throw new ProblemException(new Problem(429, "lane_full", $"Too many jobs wait in the lane '{job.Lane}'; try again.", RetryAfter: TimeSpan.FromSeconds(10)));
    }

    /// <summary>Cancels a job that waits or runs; without effect on one that has ended.</summary>
    /// <returns>The job as it ended; null when it is gone.</returns>
    public async Task<JobRecord?> CancelAsync(JobRecord job, CancellationToken cancellationToken)
    {
        var ended = await settlement.EndAsync(job, new TurnEvent.Cancelled("requested"), dead: false, cancellationToken);
        if (job.Kind == JobKind.Supervisor)
            await supervisors.StopAsync(job, cancellationToken);
        else if (ended is { Ended: true } && ended.Life == job.Life)
            await lane.DropAsync(job.Lane, job.Tenant, job.Id, cancellationToken);
        return ended;
    }

    /// <summary>Gives a dead job a new life. Null when it is not dead, or gone.</summary>
    /// <exception cref="ProblemException">429 <c>lane_full</c>.</exception>
    public async Task<JobRecord?> RedriveAsync(JobRecord job, CancellationToken cancellationToken)
    {
        if (job.Status != JobStatus.Dead)
            return null;
        // The place comes first: whoever gets the job revives it, should this replica die before it has said so in the record.
        var life = job.Life + 1;
        var deadline = time.GetUtcNow() + (job.Deadline - job.CreatedAt);
        if (!(await lane.PlaceAsync(job.Lane, PlaceOf(job with { Deadline = deadline }, life))).Accepted)
            throw new ProblemException(new Problem(429, "lane_full", $"Too many jobs wait in the lane '{job.Lane}'; try again.", RetryAfter: TimeSpan.FromSeconds(10)));
        return await jobs.UpdateAsync(job, current => current.Revive(life, deadline), cancellationToken);
    }

    // Before the caller has the answer: who was not answered asks again, and then it is told again, under the same id.
    private Task TellAsync(JobRecord job, CancellationToken cancellationToken) => events.PublishSoonAsync(
        new JobAccepted(job.Tenant, job.CreatedAt, job.Id, job.Kind.ToString().ToLowerInvariant(), job.Lane), cancellationToken);

    private static PlaceJob PlaceOf(JobRecord job, int life)
    {
        // About four characters to a token, and as much again for the answer.
        const int answer = 500;
        var characters = job.Input.Length + (job.InputPages * 32_000L);
        return new PlaceJob(job.Id, job.Tenant, (characters / 4) + answer, job.Deadline, life);
    }

    /// <summary>An id for a job that comes by an event: the same event, the same job.</summary>
    public static string IdOf(string tenant, string source, string id)
    {
        var hash = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{tenant}\n{source}\n{id}")));
        return $"{JobStore.Prefix}_{Convert.ToHexStringLower(hash.AsSpan(0, 16))}";
    }
}
