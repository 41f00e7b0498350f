using Agents.Conversation.Jobs;
using Agents.Conversation.Jobs.Running;
using Agents.Conversation.Supervisor.Plans;
using Agents.Conversation.Supervisor.Steps;
using Agents.Conversation.Turns;
using Dapr.Workflow;

namespace Agents.Conversation.Supervisor.Running;

/// <summary>Writes down the answer and the end of a plan, and settles its job. Of several ends one wins: one that was cancelled stays so.</summary>
internal sealed class FinishJob(JobStore jobs, StepJobs steps, PlanLog log, JobSettlement settlement, SupervisorDesk desk, TimeProvider time) : WorkflowActivity<FinishPlan, JobStatus>
{
    public override async Task<JobStatus> RunAsync(WorkflowActivityContext context, FinishPlan input)
    {
        if (await jobs.GetAsync(input.Plan.Tenant, input.Plan.Job, CancellationToken.None) is not { } plan)
            return JobStatus.Cancelled;
        await SkipAsync(plan);
        if (await AnswerAsync(plan, input) is { } answer)
            await log.SayAsync(plan, answer, CancellationToken.None);
        var trace = plan.TraceParent?.Split('-').ElementAtOrDefault(1);
        var took = (int)Math.Clamp((time.GetUtcNow() - plan.CreatedAt).TotalMilliseconds, 0, int.MaxValue);
        TurnEvent end = input.Error is { } error
            ? new TurnEvent.Failed(error, input.Usage, null, took, trace)
            : new TurnEvent.Completed(input.Usage, took, took, trace, WithoutSources: false, Memory: null);
        var ended = await settlement.EndAsync(plan, end, dead: false, CancellationToken.None);
        desk.PurgeLater(plan.Id);
        return ended?.Status ?? JobStatus.Cancelled;
    }

    // Whoever looks at the plan afterwards sees that these were left, not forgotten.
    private async Task SkipAsync(JobRecord plan)
    {
        var view = PlanView.Of(plan.Id, await log.ReadAsync(plan, CancellationToken.None));
        var left = view.Steps.Where(step => step.Status is not (StepStatus.Accepted or StepStatus.Failed or StepStatus.Declined or StepStatus.Skipped));
        await log.NoteAsync(plan, CancellationToken.None, [.. left.Select(step => new PlanEvent.Stepped(step.Id, StepStatus.Skipped, time.GetUtcNow()))]);
    }

    private async Task<TurnOutput?> AnswerAsync(JobRecord plan, FinishPlan input)
    {
        var findings = await steps.FindingsAsync(plan, input.Accepted, CancellationToken.None);
        if (input.Final is { Role: RunRole.Work } last)
            return findings.LastOrDefault(finding => finding.Step == last.Step)?.Output;
        var (numbered, sources) = SourceNumbers.Number(findings);
        var text = input.Final is { } final
            ? (await steps.AnswerAsync(plan, final, CancellationToken.None)).Output?.Text
            : string.Join("\n\n", numbered.Select(finding => $"## {finding.Step}\n{finding.Output.Text}"));
        return string.IsNullOrEmpty(text) ? null : new TurnOutput(text, SourceNumbers.NamedBy(text, sources));
    }
}
