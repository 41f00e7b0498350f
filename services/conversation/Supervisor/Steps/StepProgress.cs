using Agents.Conversation.Jobs;
using Agents.Conversation.Supervisor.Plans;
using Agents.Conversation.Turns;
using Agents.Conversation.Turns.Running;
using Agents.Defaults.Errors;
using Dapr;

namespace Agents.Conversation.Supervisor.Steps;

/// <summary>Tells a plan, from the worker that has one of its runs, that it has begun and that its model answers. For the eye alone: nothing waits for it.</summary>
internal sealed partial class StepProgress(PlanLog plans, TimeProvider time, ILogger<StepProgress> logger)
{
    /// <summary>Follows a run while it is here.</summary>
    public void Follow(JobRecord job, LiveTurn here)
    {
        if (job.Run is { } run)
            _ = Task.Run(() => FollowAsync(job with { Id = run.Plan, Run = null, Life = 0 }, job.Id, run.Run, here));
    }

    private async Task FollowAsync(JobRecord plan, string job, StepRun run, LiveTurn here)
    {
        try
        {
            await plans.TellAsync(plan, Happened(StepStatus.Started), CancellationToken.None);
            await foreach (var frame in here.FollowAsync(0, Timeout.InfiniteTimeSpan, CancellationToken.None))
            {
                if (frame?.Entry.Name != TurnEvent.Delta.EventName)
                    continue;
                await plans.TellAsync(plan, Happened(StepStatus.FirstToken), CancellationToken.None);
                return;
            }
        }
        catch (Exception exception) when (exception is DaprException or HttpRequestException or ProblemException)
        {
            Untold(logger, job, exception.GetType().Name);
        }

        PlanEvent.Stepped Happened(StepStatus status) => new(run.Step, status, time.GetUtcNow(), run.Role, run.Attempt) { JobId = job };
    }

    [LoggerMessage(LogLevel.Warning, "The plan of job {Job} was not told how it goes: {Cause}")]
    private static partial void Untold(ILogger logger, string job, string cause);
}
