using Agents.Conversation.Turns;

namespace Agents.Conversation.Supervisor;

/// <summary>Why a plan came to no answer.</summary>
internal static class PlanErrors
{
    public static TurnError NoAnswer { get; } = new("no_answer", "The steps' answers could not be put together.", Retryable: false);

    public static TurnError NoPlan(string fault) => new("no_plan", $"No plan was accepted: {fault}", Retryable: false);

    public static TurnError OverBudget(string bound) => new("budget_exceeded", $"The plan reached its bound of {bound}; what was accepted until then is its result.", Retryable: false);

    public static TurnError StepFailed(string step, string fault) => new("step_failed", $"The step '{step}' failed: {fault}", Retryable: false);

    public static TurnError Declined(string step) => new("approval_declined", $"A person declined {(step == StepRun.Planning ? "the plan" : $"the step '{step}'")}.", Retryable: false);
}
