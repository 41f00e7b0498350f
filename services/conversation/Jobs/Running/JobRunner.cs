using System.Diagnostics;
using Agents.Contracts;
using Agents.Conversation.Catalog;
using Agents.Conversation.Jobs.Lanes;
using Agents.Conversation.Supervisor.Steps;
using Agents.Conversation.Turns;
using Agents.Conversation.Turns.Logs;
using Agents.Conversation.Turns.Running;
using Agents.Defaults.Events;
using Agents.Defaults.Ledgers;
using Agents.Defaults.Replicas;

namespace Agents.Conversation.Jobs.Running;

/// <summary>
/// Runs a job that this worker has from its lane, as far as there is anything left to do: from the first attempt, from where a lost worker
/// or a failed attempt left its log, or only what follows from its end.
/// </summary>
internal sealed partial class JobRunner(
    JobStore jobs, JobSettlement settlement, AgentStore agents, TurnRunner turns, TurnLogs logs, LiveTurns live, LaneOptions lanes, StepProgress progress,
    ReplicaMonitor replicas, EventPublisher events,
    TimeProvider time, ILogger<JobRunner> logger)
{
    private static readonly ActivitySource Source = new("Agents.Conversation.Jobs");

    /// <param name="stop">Breaks the run off; the job is then given back.</param>
    /// <returns>What the lane is to know.</returns>
    public async Task<FinishedJob> RunAsync(string lane, LeasedJob leased, CancellationToken stop)
    {
        if (await jobs.GetAsync(leased.Tenant, leased.Job, stop) is not { } job)
            return Done(leased, Verdict.Ended);
        using var span = Begin(job, lane, leased);
        if (leased.Life > job.Life)
            job = await jobs.UpdateAsync(job, current => current.Revive(leased.Life, time.GetUtcNow() + (job.Deadline - job.CreatedAt)), stop) ?? job;
        // A first attempt finds an end, should there be one, by its fence.
        if (!IsFirst(leased) && await logs.ReadAsync(job.AsSession(), job.Turn, stop) is [.., { Last: true }] ended)
            return Ended(leased, await settlement.SettleAsync(job, ended, stop));
        if (job.Ended || leased.Life != job.Life)
            return Done(leased, Verdict.Ended);
        if (time.GetUtcNow() >= job.Deadline)
            return await EndAsync(leased, job, JobErrors.Late, dead: false, stop);
        if (leased.Attempt > lanes[lane].MaxAttempts)
            return await EndAsync(leased, job, job.Error ?? JobErrors.WorkersLost, dead: true, stop);
        if (await agents.VersionAsync(job.Tenant, job.Agent, job.AgentVersion, stop) is null)
            return await EndAsync(leased, job, JobErrors.NoAgent, dead: false, stop);
        var begun = await jobs.UpdateAsync(job, current => current.Begin(leased.Life, leased.Lease, leased.Attempt, replicas.Self.Name, time.GetUtcNow()), stop);
        if (begun is null || begun.Lease != leased.Lease || begun.Ended)
            return Done(leased, Verdict.Released);
        events.Publish(new JobStarted(begun.Tenant, begun.StartedAt!.Value, begun.Id, "turn", lane, begun.Attempts, begun.QueuedMs ?? 0));
        return await AttemptAsync(lane, leased, begun, stop);
    }

    private async Task<FinishedJob> AttemptAsync(string lane, LeasedJob leased, JobRecord job, CancellationToken stop)
    {
        var session = job.AsSession();
        if (await OpenAsync(leased, job, stop) is not { } log)
            return Done(leased, Verdict.Released);
        if (log.Entries is [.., { Last: true }])
            return Ended(leased, await settlement.SettleAsync(job, log.Entries, stop));
        var turn = new Turn(
            job.Turn, session.Id, TurnStatus.Running, await jobs.InputAsync(job, stop), null, null, null, null, null, Activity.Current?.TraceId.ToHexString(), job.CreatedAt)
        {
            AgentVersion = job.AgentVersion,
            Guardrails = job.Guardrails,
        };
        var here = live.Add(turn.Id, log.Ledger, log.Entries);
        progress.Follow(job, here);
        try
        {
            var failure = await turns.TryAsync(here, session, turn, log.Entries, "retried", stop);
            if (failure is { End.Error.Retryable: true } && leased.Attempt < lanes[lane].MaxAttempts && time.GetUtcNow() < job.Deadline)
                return await RetryAsync(leased, job, failure, stop);
            if (failure is not null)
                here.Post(failure.End, failure.End.Error.Retryable ? new JobTrail(Dead: true) : null);
            await here.FlushAsync();
            return Ended(leased, await settlement.SettleAsync(job, here.Entries, CancellationToken.None));
        }
        catch (LedgerFencedException)
        {
            // Cancelled, or given to another worker while this one stood still: the log says which, to whoever gets the job next.
            Superseded(logger, job.Id);
            return Done(leased, Verdict.Released);
        }
        finally
        {
            live.Remove(here);
            here.Close();
            here.Dispose();
        }
    }

    /// <summary>The job's log, ours to append to, with what is in it; null when another has it.</summary>
    private async Task<(Ledger<TurnEntry> Ledger, IReadOnlyList<TurnEntry> Entries)?> OpenAsync(LeasedJob leased, JobRecord job, CancellationToken cancellationToken)
    {
        var session = job.AsSession();
        // Nobody has had the job before: the first attempt writes at fence 0.
        if (IsFirst(leased))
            return (logs.Get(session, job.Turn), []);
        if (await logs.TakeOverAsync(session, job.Turn, cancellationToken) is not { } taken)
            return null;
        if (taken.Entries.Count > 0 || job.Life == 0)
            return (taken.Log, taken.Entries);
        // What tools did in the life before is not done again.
        var before = await logs.ReadAsync(job.AsSession(job.Life - 1), job.Turn, cancellationToken);
        var tools = before.Where(entry => entry.Name == TurnEvent.Tool.EventName).Select(entry => entry with { Fence = (int)taken.Log.Fence }).ToList();
        foreach (var some in tools.Chunk(8))
            await taken.Log.AppendAsync(some, cancellationToken);
        return (taken.Log, tools);
    }

    private async Task<FinishedJob> RetryAsync(LeasedJob leased, JobRecord job, AttemptFailure failure, CancellationToken cancellationToken)
    {
        await jobs.UpdateAsync(job, current => current.Retry(leased.Lease, failure.End.Error, failure.End.Usage ?? TurnUsage.None), cancellationToken);
        return Done(leased, Verdict.Failed) with
        {
            Tokens = Tokens(failure.End.Usage),
            RetryAfterMs = (long)(failure.RetryAfter?.TotalMilliseconds ?? 0),
        };
    }

    private async Task<FinishedJob> EndAsync(LeasedJob leased, JobRecord job, TurnError error, bool dead, CancellationToken cancellationToken) =>
        Ended(leased, await settlement.EndAsync(job, new TurnEvent.Failed(error, null, null, 0, job.TraceParent?.Split('-').ElementAtOrDefault(1)), dead, cancellationToken));

    private static bool IsFirst(LeasedJob leased) => leased is { Lease: 1, Life: 0 };

    private static FinishedJob Ended(LeasedJob leased, JobRecord? job) => Done(leased, Verdict.Ended) with { Tokens = Tokens(job?.Usage) };

    private static FinishedJob Done(LeasedJob leased, Verdict verdict) => new(leased.Job, leased.Lease, verdict);

    private static long Tokens(TurnUsage? usage) => usage is null ? 0 : usage.PromptTokens + usage.CompletionTokens;

    private static Activity? Begin(JobRecord job, string lane, LeasedJob leased)
    {
        // The job belongs to the trace of whoever submitted it, however much later.
        var span = ActivityContext.TryParse(job.TraceParent, null, isRemote: true, out var parent)
            ? Source.StartActivity("run_job", ActivityKind.Consumer, parent)
            : Source.StartActivity("run_job", ActivityKind.Consumer);
        span?.SetTag("agents.job.id", job.Id);
        span?.SetTag("agents.lane", lane);
        span?.SetTag("agents.job.attempt", leased.Attempt);
        return span;
    }

    [LoggerMessage(LogLevel.Information, "Job {Job} is no longer run here")]
    private static partial void Superseded(ILogger logger, string job);
}
