namespace Agents.Conversation.Supervisor.Plans;

/// <summary>What of a plan its workflow needs: who waits for whom, and never a text.</summary>
internal sealed record PlanShape(IReadOnlyList<StepShape> Steps, bool IsChain)
{
    public static PlanShape Of(Plan plan, bool judgeAll) => new(
        [
            .. plan.Steps!.Select(step => new StepShape(
                step.Id!, step.After ?? [], step.Approval ?? false, step.Attempts ?? PlanRules.DefaultAttempts, judgeAll || step.Checks?.Judge is not null, step.Optional ?? false)),
        ],
        plan.IsChain);
}

/// <inheritdoc cref="PlanShape"/>
/// <param name="Judged">Its answer is also put before the strong model.</param>
internal sealed record StepShape(string Id, IReadOnlyList<string> After, bool Approval, int Attempts, bool Judged, bool Optional);
