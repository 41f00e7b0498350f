using Agents.Conversation.Jobs;
using Agents.Conversation.Turns;
using Dapr.Workflow;

namespace Agents.Conversation.Supervisor.Running;

/// <summary>
/// Carries a plan out; the instance's id is the job's. It decides and never does: what a model is asked for is a job on a lane, what is
/// stored an activity stores, and everything may happen twice and is seen once.
/// </summary>
internal sealed class SupervisorWorkflow : Workflow<PlanRef, string>
{
    private const string Withdrawn = "withdrawn";

    public override async Task<string> RunAsync(WorkflowContext context, PlanRef input)
    {
        var calls = new PlanCalls(context, input);
        if (await calls.BeginAsync() is not { } begun)
            return Withdrawn;
        using var timer = new CancellationTokenSource();
        var execution = new PlanExecution(calls, begun, calls.StoppedAsync(), calls.UntilAsync(begun.Until, timer.Token));
        var ending = await EndingAsync(execution);
        // On this very thread: what follows from it belongs to the workflow's turn.
        timer.Cancel();
        return (await calls.FinishAsync(ending)).ToString();
    }

    private static async Task<Ending> EndingAsync(PlanExecution execution)
    {
        try
        {
            return await execution.RunAsync();
        }
        catch (WorkflowTaskFailedException)
        {
            // An activity that never succeeded, in ten minutes: its own log says why.
            return execution.End(JobErrors.Internal);
        }
    }
}

/// <summary>How a plan ends.</summary>
/// <param name="Error">Null when it succeeded.</param>
/// <param name="Final">The run whose answer is the plan's.</param>
internal sealed record Ending(TurnError? Error, StepRun? Final, IReadOnlyList<StepRun> Accepted, TurnUsage Usage);
