using Agents.Conversation.Supervisor.Plans;
using Agents.Conversation.Turns;

namespace Agents.Conversation.Supervisor.Running;

// What a plan's workflow says to its activities, and they to it: who and where, never a text that is long. Texts lie in jobs and logs.

/// <summary>The job whose plan it is.</summary>
internal sealed record PlanRef(string Tenant, string Job);

/// <summary>How a plan begins.</summary>
/// <param name="Plan">The caller's; null when one is to be made.</param>
/// <param name="Until">When it must have ended, in UTC.</param>
/// <param name="ByDeadline">Whether that is the job's deadline, and not its budget of time.</param>
internal sealed record BegunPlan(PlanShape? Plan, DateTime Until, bool ByDeadline, int MaxParallel, bool ApprovePlan, PlanBudget Budget);

/// <param name="Fault">Why the attempt before was not accepted.</param>
/// <param name="Accepted">The runs that were, in the plan's order.</param>
internal sealed record SubmitRun(PlanRef Plan, StepRun Run, bool Strong, string? Fault, IReadOnlyList<StepRun> Accepted);

/// <param name="Refusal">Why it can never be run.</param>
/// <param name="PlanEnded">The plan has its end already, so nothing was submitted.</param>
internal sealed record SubmittedRun(string Job, string? Refusal = null, bool PlanEnded = false);

/// <param name="Judged">Its answer has a judge besides.</param>
internal sealed record CheckRun(PlanRef Plan, StepRun Run, bool Judged, IReadOnlyList<StepRun> Accepted);

/// <summary>A status of a step as a whole.</summary>
internal sealed record NoteStep(PlanRef Plan, string Step, StepStatus Status, string? Reason = null);

internal sealed record StopRuns(PlanRef Plan, IReadOnlyList<string> Jobs);

/// <summary>How a plan ends.</summary>
/// <param name="Error">Null when it succeeded.</param>
/// <param name="Final">The run whose answer is the plan's; null when there is none: then what was accepted is put one below the other.</param>
internal sealed record FinishPlan(PlanRef Plan, TurnError? Error, StepRun? Final, IReadOnlyList<StepRun> Accepted, TurnUsage Usage);
