using Agents.Conversation.Jobs;
using Agents.Conversation.Supervisor.Plans;
using Agents.Conversation.Supervisor.Steps;
using Agents.Defaults.Errors;
using Dapr.Workflow;

namespace Agents.Conversation.Supervisor.Running;

/// <summary>Has a run queued, unless it is already.</summary>
internal sealed class SubmitStepRun(JobStore jobs, JobDesk desk, StepJobs steps, PlanLog log, TimeProvider time) : WorkflowActivity<SubmitRun, SubmittedRun>
{
    public override async Task<SubmittedRun> RunAsync(WorkflowActivityContext context, SubmitRun input)
    {
        var (run, id) = (input.Run, input.Run.JobOf(input.Plan.Job));
        if (await jobs.GetAsync(input.Plan.Tenant, input.Plan.Job, CancellationToken.None) is not { Ended: false } plan)
            return new SubmittedRun(id, PlanEnded: true);
        if (await jobs.GetAsync(plan.Tenant, id, CancellationToken.None) is { Untouched: false })
            return new SubmittedRun(id);
        try
        {
            var job = await steps.MakeAsync(plan, run, input.Strong, input.Fault, input.Accepted, CancellationToken.None);
            var queued = new PlanEvent.Stepped(run.Step, StepStatus.Queued, time.GetUtcNow(), run.Role, run.Attempt) { JobId = id, Model = job.Part!.Model };
            if (!await log.NoteAsync(plan, CancellationToken.None, queued))
                return new SubmittedRun(id, PlanEnded: true);
            await desk.AcceptAsync(job, CancellationToken.None);
            return new SubmittedRun(id);
        }
        catch (ProblemException exception) when (exception.Problem is { Status: < 500, RetryAfter: null })
        {
            // For good, unlike a lane that is full: that is waited for.
            await log.NoteAsync(
                plan, CancellationToken.None,
                new PlanEvent.Stepped(run.Step, StepStatus.Rejected, time.GetUtcNow(), run.Role, run.Attempt) { JobId = id, Reason = exception.Problem.Detail });
            return new SubmittedRun(id, exception.Problem.Detail);
        }
    }
}
