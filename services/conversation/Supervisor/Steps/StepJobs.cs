using Agents.Conversation.Catalog;
using Agents.Conversation.Guardrails;
using Agents.Conversation.Jobs;
using Agents.Conversation.Jobs.Lanes;
using Agents.Conversation.Supervisor.Plans;
using Agents.Conversation.Turns;
using Agents.Conversation.Turns.Logs;
using Agents.Defaults.Errors;

namespace Agents.Conversation.Supervisor.Steps;

/// <summary>The answer of a run, as far as there is one.</summary>
internal sealed record RunAnswer(JobRecord? Job, TurnOutput? Output, IReadOnlyList<TurnEntry> Entries);

/// <summary>The runs of a plan as jobs on lanes.</summary>
internal sealed class StepJobs(
    JobStore jobs, LaneOptions lanes, AgentStore agents, AgentGuardrails guardrails, TurnLogs logs, SupervisorStore supervisors, TimeProvider time)
{
    /// <summary>A run as a job, not submitted yet.</summary>
    /// <param name="fault">Why the attempt before this one was not accepted.</param>
    /// <param name="accepted">The runs that were, in the plan's order.</param>
    /// <exception cref="ProblemException">404 <c>agent_not_found</c>, 409 <c>lane_unknown</c>: it can never be run.</exception>
    public async Task<JobRecord> MakeAsync(
        JobRecord plan, StepRun run, bool strong, string? fault, IReadOnlyList<StepRun> accepted, CancellationToken cancellationToken)
    {
        var how = await supervisors.GetAsync(plan, cancellationToken);
        var step = run.Role is RunRole.Work or RunRole.Judge ? await StepAsync(plan, run.Step, cancellationToken) : null;
        var own = run.Role == RunRole.Work ? step?.Agent : null;
        var agent = (own is null
            ? await agents.VersionAsync(plan.Tenant, plan.Agent, plan.AgentVersion, cancellationToken)
            : await agents.FindAsync(plan.Tenant, own, null, cancellationToken)) ?? throw new ProblemException(Problem.NotFound("agent"));
        var lane = step?.Lane ?? (own is null ? plan.Lane : agent.Lane);
        if (!lanes.Has(lane))
            throw new ProblemException(Problem.Conflict("lane_unknown", $"The lane '{lane}' does not exist."));
        var (prompt, instructions) = await PromptAsync(plan, run, step, fault, accepted, cancellationToken);
        var (input, hits) = guardrails.Admit(agent, prompt);
        return new JobRecord(
            run.JobOf(plan.Id), plan.Tenant, JobKind.Turn, agent.Id, agent.Version, lane, input, time.GetUtcNow(), plan.Deadline, plan.ResultTtlSeconds)
        {
            Guardrails = hits,
            User = plan.User,
            Principals = plan.Principals,
            Metadata = plan.Metadata,
            TraceParent = plan.TraceParent,
            Run = new PlanRun(plan.Id, run),
            Part = new TurnPart((strong ? how.StrongModel : step?.Model ?? how.StepModel) ?? agent.Model, instructions, step?.Task),
        };
    }

    /// <summary>What a run gave.</summary>
    public async Task<RunAnswer> AnswerAsync(JobRecord plan, StepRun run, CancellationToken cancellationToken)
    {
        if (await jobs.FindAsync(plan.Tenant, run.JobOf(plan.Id), cancellationToken) is not { } job)
            return new RunAnswer(null, null, []);
        var entries = await logs.ReadAsync(job.AsSession(), job.Turn, cancellationToken);
        return new RunAnswer(job, job.Status == JobStatus.Succeeded ? JobStore.OutputOf(job, entries) : null, entries);
    }

    /// <summary>What these runs found.</summary>
    public async Task<IReadOnlyList<Finding>> FindingsAsync(JobRecord plan, IEnumerable<StepRun> runs, CancellationToken cancellationToken)
    {
        var found = await Task.WhenAll(runs.Select(async run =>
            (await AnswerAsync(plan, run, cancellationToken)).Output is { } output ? new Finding(run.Step, output) : null));
        return [.. found.OfType<Finding>()];
    }

    public async Task<PlanStep?> StepAsync(JobRecord plan, string id, CancellationToken cancellationToken) =>
        (await supervisors.PlanAsync(plan, cancellationToken))?.Steps!.FirstOrDefault(step => step.Id == id);

    private async Task<(string Prompt, string? Instructions)> PromptAsync(
        JobRecord plan, StepRun run, PlanStep? step, string? fault, IReadOnlyList<StepRun> accepted, CancellationToken cancellationToken)
    {
        var input = await jobs.InputAsync(plan, cancellationToken);
        switch (run.Role)
        {
            case RunRole.Plan:
                return (Prompts.ForPlan(input, fault), Prompts.Planner);
            case RunRole.Answer:
                return (Prompts.ForAnswer(input, await FindingsAsync(plan, accepted, cancellationToken)), Prompts.Synthesis);
        }
        var before = await FindingsAsync(plan, accepted.Where(done => step!.After?.Contains(done.Step) == true), cancellationToken);
        if (run.Role == RunRole.Judge)
            return (Prompts.ForJudge(step!, before, (await AnswerAsync(plan, run with { Role = RunRole.Work }, cancellationToken)).Output ?? new TurnOutput("", [])), Prompts.Judge);
        var former = fault is null ? null : (await AnswerAsync(plan, run with { Attempt = run.Attempt - 1 }, cancellationToken)).Output?.Text ?? "";
        return (Prompts.ForWork(step!, input, before, former is null ? null : (former, fault!)), null);
    }
}
