using Agents.Contracts;
using Agents.Conversation.Jobs;
using Agents.Conversation.Supervisor.Plans;
using Agents.Conversation.Turns;
using Agents.Defaults.Events;
using Agents.Defaults.Replicas;
using Dapr.Workflow;

namespace Agents.Conversation.Supervisor.Running;

/// <summary>Begins a plan; null when there is nothing to begin, because the job was withdrawn or has ended.</summary>
internal sealed class BeginPlan(JobStore jobs, SupervisorStore supervisors, PlanLog log, ReplicaMonitor replicas, EventPublisher events, TimeProvider time)
    : WorkflowActivity<PlanRef, BegunPlan?>
{
    public override async Task<BegunPlan?> RunAsync(WorkflowActivityContext context, PlanRef input)
    {
        if (await jobs.GetAsync(input.Tenant, input.Job, CancellationToken.None) is not { Ended: false } plan)
            return null;
        var how = await supervisors.GetAsync(plan, CancellationToken.None);
        List<TurnEvent> happened = [new TurnEvent.Started(plan.Id)];
        if (how.Plan is { } given)
            happened.Add(new PlanEvent.Planned(given, ByCaller: true));
        if (!await log.NoteAsync(plan, CancellationToken.None, happened))
            return null;
        var begun = await jobs.UpdateAsync(plan, current => current.Begin(0, 1, 1, replicas.Self.Name, time.GetUtcNow()), CancellationToken.None) ?? plan;
        var started = begun.StartedAt ?? plan.CreatedAt;
        events.Publish(new JobStarted(plan.Tenant, started, plan.Id, "supervisor", plan.Lane, 1, begun.QueuedMs ?? 0));
        var budget = how.Budget ?? new PlanBudget();
        var late = budget.Seconds is { } seconds ? started.AddSeconds(seconds) : DateTimeOffset.MaxValue;
        return new BegunPlan(
            how.Plan is null ? null : PlanShape.Of(how.Plan, how.Judge ?? false), (late < plan.Deadline ? late : plan.Deadline).UtcDateTime, ByDeadline: late >= plan.Deadline,
            how.MaxParallel ?? Supervise.DefaultParallel, how.ApprovePlan ?? false, budget);
    }
}
