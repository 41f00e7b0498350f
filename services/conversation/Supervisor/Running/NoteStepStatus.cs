using Agents.Conversation.Jobs;
using Agents.Conversation.Supervisor.Plans;
using Dapr.Workflow;

namespace Agents.Conversation.Supervisor.Running;

/// <summary>Notes where a step stands as a whole. False when the plan has its end.</summary>
internal sealed class NoteStepStatus(JobStore jobs, PlanLog log, TimeProvider time) : WorkflowActivity<NoteStep, bool>
{
    public override async Task<bool> RunAsync(WorkflowActivityContext context, NoteStep input) =>
        await jobs.GetAsync(input.Plan.Tenant, input.Plan.Job, CancellationToken.None) is { Ended: false } plan
        && await log.NoteAsync(plan, CancellationToken.None, new PlanEvent.Stepped(input.Step, input.Status, time.GetUtcNow()) { Reason = input.Reason });
}
