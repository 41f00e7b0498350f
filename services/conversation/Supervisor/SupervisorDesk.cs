using Agents.Conversation.Catalog;
using Agents.Conversation.Jobs;
using Agents.Conversation.Supervisor.Plans;
using Agents.Conversation.Supervisor.Running;
using Agents.Defaults.Errors;
using Dapr;
using Dapr.Workflow;

namespace Agents.Conversation.Supervisor;

/// <summary>Starts plans and steers them.</summary>
internal sealed partial class SupervisorDesk(
    DaprWorkflowClient workflows, SupervisorStore supervisors, JobStore jobs, AgentStore agents, PlanLog log, TimeProvider time, ILogger<SupervisorDesk> logger)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>Accepts a plan: from here on it will end, whatever dies. Accepting it again changes nothing.</summary>
    /// <exception cref="ProblemException">404 <c>agent_not_found</c>.</exception>
    /// <exception cref="DaprException">Nothing was accepted.</exception>
    public async Task StartAsync(JobRecord plan, Supervise how, CancellationToken cancellationToken)
    {
        foreach (var agent in (how.Plan?.Steps ?? []).Select(step => step.Agent).OfType<string>().Distinct())
        {
            if (await agents.FindAsync(plan.Tenant, agent, null, cancellationToken) is null)
                throw new ProblemException(Problem.NotFound("agent"));
        }
        await supervisors.PutAsync(plan, how, cancellationToken);
        var first = await jobs.CreateAsync(plan, cancellationToken);
        try
        {
            await workflows.ScheduleNewWorkflowAsync(nameof(SupervisorWorkflow), plan.Id, new PlanRef(plan.Tenant, plan.Id), (DateTimeOffset?)null, cancellationToken).WaitAsync(Limit, time, CancellationToken.None);
        }
        catch (Exception exception)
        {
            // Its answer was lost, or it was started by an attempt before this one.
            if (await ExistsAsync(plan.Id))
                return;
            // The caller is told that nothing was accepted, so it must not run; taken back, it does not.
            if (first && !await jobs.WithdrawAsync(plan, CancellationToken.None))
                return;
            throw new DaprException("The plan's workflow could not be started.", exception);
        }
    }

    /// <summary>Has a plan stop whose job has been ended.</summary>
    public Task StopAsync(JobRecord plan, CancellationToken cancellationToken) => RaiseAsync(plan.Id, PlanCalls.Stop, "requested", cancellationToken);

    /// <summary>Tells a plan that a run of it has ended.</summary>
    public Task ReturnAsync(string plan, string job, CancellationToken cancellationToken) => RaiseAsync(plan, job, "ended", cancellationToken);

    /// <summary>Decides on a plan, or a step of it, that waits for a person. The first decision stands; the same one again changes nothing.</summary>
    /// <param name="step">Null for the plan as a whole.</param>
    /// <returns>False when it waits for no decision, or another one was made.</returns>
    public async Task<bool> DecideAsync(JobRecord plan, string? step, bool approve, string? note, CancellationToken cancellationToken)
    {
        var id = step ?? StepRun.Planning;
        var decision = approve ? StepStatus.Approved : StepStatus.Declined;
        if (PlanView.Of(plan.Id, await log.ReadAsync(plan, cancellationToken)).Find(id) is { Status: StepStatus.NeedsApproval })
            await log.NoteAsync(plan, cancellationToken, new PlanEvent.Stepped(id, decision, time.GetUtcNow()) { Reason = note });
        var first = (await log.ReadAsync(plan, cancellationToken)).Where(entry => entry.Name == PlanEvent.Stepped.EventName).Select(entry => entry.Read<PlanEvent.Stepped>())
            .FirstOrDefault(one => one.Step == id && one.Status is StepStatus.Approved or StepStatus.Declined);
        if (first is null)
            return false;
        // Whoever decided may have died before the workflow heard of it.
        await RaiseAsync(plan.Id, PlanCalls.ApprovalOf(id), first.Status == StepStatus.Approved, cancellationToken);
        return first.Status == decision;
    }

    /// <summary>Removes what the sidecar keeps of a plan's workflow, as soon as it has ended: the job and its log tell all of it.</summary>
    public void PurgeLater(string plan) => _ = Task.Run(async () =>
    {
        try
        {
            await workflows.WaitForWorkflowCompletionAsync(plan, getInputsAndOutputs: false).WaitAsync(Limit, time);
            await workflows.PurgeInstanceAsync(plan).WaitAsync(Limit, time);
        }
        catch (Exception exception)
        {
            // It takes space, and does nothing else.
            NotPurged(logger, plan, exception.GetType().Name);
        }
    });

    private async Task RaiseAsync(string plan, string name, object payload, CancellationToken cancellationToken)
    {
        try
        {
            await workflows.RaiseEventAsync(plan, name, payload, cancellationToken).WaitAsync(Limit, time, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // One that has ended, and was perhaps removed since, has nothing more to hear.
            if (await RunsAsync(plan))
                throw new DaprException("The plan's workflow could not be told.", exception);
        }
    }

    private async Task<bool> ExistsAsync(string plan) => (await StateAsync(plan)).Exists;

    private async Task<bool> RunsAsync(string plan) => await StateAsync(plan) is { Exists: true, IsWorkflowCompleted: false };

    private Task<WorkflowState> StateAsync(string plan) => workflows.GetWorkflowStateAsync(plan, getInputsAndOutputs: false).WaitAsync(Limit, time);

    [LoggerMessage(LogLevel.Warning, "The workflow of job {Job} was not removed: {Cause}")]
    private static partial void NotPurged(ILogger logger, string job, string cause);
}
