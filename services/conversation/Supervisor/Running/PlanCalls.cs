using Agents.Conversation.Jobs;
using Agents.Conversation.Supervisor.Judging;
using Agents.Conversation.Supervisor.Plans;
using Dapr.Workflow;

namespace Agents.Conversation.Supervisor.Running;

/// <summary>What a plan's workflow asks its activities for. A store or a lane that is away is waited for.</summary>
internal sealed class PlanCalls(WorkflowContext context, PlanRef plan)
{
    public const string Stop = "stop";

    private static readonly WorkflowTaskOptions Patiently = new(new WorkflowRetryPolicy(
        maxNumberOfAttempts: 40, firstRetryInterval: TimeSpan.FromMilliseconds(250), backoffCoefficient: 2, maxRetryInterval: TimeSpan.FromSeconds(15)));

    public static string ApprovalOf(string step) => $"approval-{step}";

    public Task<BegunPlan?> BeginAsync() => context.CallActivityAsync<BegunPlan?>(nameof(BeginPlan), plan, Patiently);

    public Task<SubmittedRun> SubmitAsync(StepRun run, bool strong, string? fault, IReadOnlyList<StepRun> accepted) =>
        context.CallActivityAsync<SubmittedRun>(nameof(SubmitStepRun), new SubmitRun(plan, run, strong, fault, accepted), Patiently);

    /// <summary>Completes when the job has ended, whichever way.</summary>
    public Task EndedAsync(string job) => context.WaitForExternalEventAsync<string?>(job);

    public Task<RunVerdict> CheckAsync(StepRun run, bool judged, IReadOnlyList<StepRun> accepted) =>
        context.CallActivityAsync<RunVerdict>(nameof(CheckStepRun), new CheckRun(plan, run, judged, accepted), Patiently);

    public Task<bool> NoteAsync(string step, StepStatus status, string? reason = null) =>
        context.CallActivityAsync<bool>(nameof(NoteStepStatus), new NoteStep(plan, step, status, reason), Patiently);

    public Task<bool> DecisionAsync(string step) => context.WaitForExternalEventAsync<bool>(ApprovalOf(step));

    public Task StopAsync(IReadOnlyList<string> jobs) => context.CallActivityAsync<int>(nameof(StopStepRuns), new StopRuns(plan, jobs), Patiently);

    public Task<JobStatus> FinishAsync(Ending ending) => context.CallActivityAsync<JobStatus>(
        nameof(FinishJob), new FinishPlan(plan, ending.Error, ending.Final, ending.Accepted, ending.Usage), Patiently);

    /// <summary>Completes when somebody asks for the end.</summary>
    public Task StoppedAsync() => context.WaitForExternalEventAsync<string?>(Stop);

    public Task UntilAsync(DateTime until, CancellationToken cancellationToken) => context.CreateTimer(until, cancellationToken);
}
