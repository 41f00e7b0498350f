using System.Text.Json.Serialization;
using Agents.Conversation.Jobs.Lanes;
using Agents.Conversation.Supervisor.Plans;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;

namespace Agents.Conversation.Supervisor;

/// <summary>How a job of the kind <c>supervisor</c> is done.</summary>
/// <param name="Plan">The steps; absent: the strong model makes a plan of the input.</param>
/// <param name="StrongModel">Plans, judges, has the last attempt at a step, and puts the answers together; default the agent's model.</param>
/// <param name="StepModel">Does the steps; default the agent's model. An alias of the gateway, as all models here.</param>
/// <param name="MaxParallel">Steps at a time, 1 to 16; default 4.</param>
/// <param name="ApprovePlan">A person must approve the plan before a step is run; default false.</param>
/// <param name="Judge">Each step's answer is put before the strong model, also where the plan does not ask for it; default false.</param>
/// <param name="Budget">Where to stop.</param>
public sealed record Supervise(
    Plan? Plan = null, string? StrongModel = null, string? StepModel = null, int? MaxParallel = null, bool? ApprovePlan = null, bool? Judge = null,
    PlanBudget? Budget = null)
{
    internal const int DefaultParallel = 4;
    private const int MostParallel = 16;

    internal Problem? Refusal(LaneOptions lanes) =>
        (Plan is null ? null : PlanRules.Refusal(Plan, lanes, "supervisor.plan"))
        ?? (StrongModel is null ? null : Checks.Text("supervisor.strong_model", StrongModel, 200))
        ?? (StepModel is null ? null : Checks.Text("supervisor.step_model", StepModel, 200))
        ?? (MaxParallel is < 1 or > MostParallel ? Problem.Invalid("supervisor.max_parallel", $"supervisor.max_parallel must be 1 to {MostParallel}.") : null)
        ?? Budget?.Refusal();
}

/// <summary>
/// Where a plan stops. No further run is begun once a bound is reached; those under way are let come to their end, except when it is the
/// time that is up. The job then fails with <c>budget_exceeded</c> and keeps what was accepted as its partial result.
/// </summary>
/// <param name="CostMicros">Money in micro-units, of all runs; at least 1. Runs under way when it is reached may exceed it.</param>
/// <param name="Tokens">Prompt and completion tokens of all runs; at least 1.</param>
/// <param name="Seconds">1 to 604,800, from the beginning; the job's deadline holds besides.</param>
/// <param name="Runs">How often a model is asked, for a plan, a step, a judgement or the answer: 1 to 300; default 100.</param>
public sealed record PlanBudget(
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long? CostMicros = null,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long? Tokens = null,
    int? Seconds = null, int? Runs = null)
{
    internal const int DefaultRuns = 100;
    private const int MostRuns = 300;
    private const int MostSeconds = 7 * 86_400;

    internal Problem? Refusal() =>
        (CostMicros < 1 ? Problem.Invalid("supervisor.budget.cost_micros", "supervisor.budget.cost_micros must be at least 1.") : null)
        ?? (Tokens < 1 ? Problem.Invalid("supervisor.budget.tokens", "supervisor.budget.tokens must be at least 1.") : null)
        ?? (Seconds is < 1 or > MostSeconds ? Problem.Invalid("supervisor.budget.seconds", $"supervisor.budget.seconds must be 1 to {MostSeconds}.") : null)
        ?? (Runs is < 1 or > MostRuns ? Problem.Invalid("supervisor.budget.runs", $"supervisor.budget.runs must be 1 to {MostRuns}.") : null);
}
