using Agents.Conversation.Jobs;
using Agents.Conversation.Supervisor.Plans;
using Agents.Conversation.Supervisor.Running;
using Agents.Conversation.Supervisor.Steps;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Identity;
using Dapr.Workflow;

namespace Agents.Conversation.Supervisor;

/// <summary>Decides on what waits for a person.</summary>
/// <param name="Step">The step that waits; absent: the plan as a whole.</param>
/// <param name="Note">At most 1,000 characters, kept with the decision.</param>
public sealed record DecideStep(string? Step = null, string? Note = null)
{
    internal Problem? Refusal() => (Step is null ? null : Checks.Text("step", Step, 40)) ?? Checks.Optional("note", Note, 1_000);
}

internal static class SupervisorEndpoints
{
    /// <summary>What workers and the API need of plans, wherever their workflows live.</summary>
    public static void AddSupervisorCallers(this IServiceCollection services)
    {
        services.AddSingleton<SupervisorStore>().AddSingleton<PlanLog>().AddSingleton<SupervisorDesk>().AddSingleton<StepProgress>().AddSingleton<StepReturns>();
        services.AddDaprWorkflow(_ => { });
    }

    /// <summary>Runs the workflows of plans.</summary>
    public static void AddSupervisor(this IServiceCollection services)
    {
        services.AddSingleton<StepJobs>();
        services.AddDaprWorkflow(options =>
        {
            options.RegisterWorkflow<SupervisorWorkflow>();
            options.RegisterActivity<BeginPlan>();
            options.RegisterActivity<SubmitStepRun>();
            options.RegisterActivity<CheckStepRun>();
            options.RegisterActivity<NoteStepStatus>();
            options.RegisterActivity<StopStepRuns>();
            options.RegisterActivity<FinishJob>();
        });
    }

    public static void MapSupervisor(this IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/v1/jobs/{id}").WithTags("Supervisor").RequireScope(Scopes.Jobs);
        jobs.MapGet("/plan", Get).Produces<PlanView>().WithSummary("The plan of a job of the kind 'supervisor' as it stands: each step, each run of it, their times, models and cost.");
        jobs.MapPost("/approve", Approve).WithAudit("plan.approve").Produces<PlanView>().WithSummary("Let a plan, or a step of it, go on that waits for a person.");
        jobs.MapPost("/decline", Decline).WithAudit("plan.decline").Produces<PlanView>().WithSummary("Decline a plan, or a step of it, that waits for a person: the job ends with what it has.");
        routes.MapPost(StepReturns.Route, Return).RequireInternal();
    }

    private static async Task<IResult> Get(string id, Caller caller, JobStore jobs, PlanLog log, CancellationToken cancellationToken) =>
        await FindAsync(id, caller, jobs, cancellationToken) is { } plan
            ? TypedResults.Ok(PlanView.Of(plan.Id, await log.ReadAsync(plan, cancellationToken)))
            : Problem.NotFound("plan");

    private static Task<IResult> Approve(
        string id, DecideStep request, Caller caller, JobStore jobs, PlanLog log, SupervisorDesk desk, CancellationToken cancellationToken) =>
        DecideAsync(id, request, approve: true, caller, jobs, log, desk, cancellationToken);

    private static Task<IResult> Decline(
        string id, DecideStep request, Caller caller, JobStore jobs, PlanLog log, SupervisorDesk desk, CancellationToken cancellationToken) =>
        DecideAsync(id, request, approve: false, caller, jobs, log, desk, cancellationToken);

    private static async Task<IResult> DecideAsync(
        string id, DecideStep request, bool approve, Caller caller, JobStore jobs, PlanLog log, SupervisorDesk desk, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, caller, jobs, cancellationToken) is not { } plan)
            return Problem.NotFound("plan");
        if (request.Refusal() is { } refusal)
            return refusal;
        return await desk.DecideAsync(plan, request.Step, approve, request.Note, cancellationToken)
            ? TypedResults.Ok(PlanView.Of(plan.Id, await log.ReadAsync(plan, cancellationToken)))
            : Problem.Conflict("not_waiting", "It does not wait for this decision: it needs none, does not need it yet, or another one was made.");
    }

    private static async Task<IResult> Return(RunEnded ended, SupervisorDesk desk, CancellationToken cancellationToken)
    {
        await desk.ReturnAsync(ended.Plan, ended.Job, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<JobRecord?> FindAsync(string id, Caller caller, JobStore jobs, CancellationToken cancellationToken) =>
        await jobs.GetAsync(caller.Tenant, id, cancellationToken) is { Kind: JobKind.Supervisor } plan ? plan : null;
}
