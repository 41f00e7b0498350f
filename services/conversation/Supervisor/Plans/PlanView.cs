using Agents.Conversation.Turns;
using Agents.Conversation.Turns.Logs;

namespace Agents.Conversation.Supervisor.Plans;

/// <summary>A plan as it stands.</summary>
/// <param name="JobId">The job of the kind <c>supervisor</c>.</param>
/// <param name="Steps">In the plan's order; empty while there is no plan.</param>
/// <param name="Planning">The runs that made the plan, and the approval of it where one is needed.</param>
/// <param name="Answering">The runs that put the answers together.</param>
/// <param name="Usage">Of all runs that have ended.</param>
public sealed record PlanView(string JobId, IReadOnlyList<StepView> Steps, StepView Planning, StepView Answering, TurnUsage Usage)
{
    public string Object => "plan";

    /// <summary>The view that a log gives.</summary>
    internal static PlanView Of(string job, IReadOnlyList<TurnEntry> entries)
    {
        var plan = entries.LastOrDefault(entry => entry.Name == PlanEvent.Planned.EventName)?.Read<PlanEvent.Planned>().Plan;
        var stepped = entries.Where(entry => entry.Name == PlanEvent.Stepped.EventName).Select(entry => entry.Read<PlanEvent.Stepped>()).ToLookup(one => one.Step);
        return new PlanView(
            job, [.. (plan?.Steps ?? []).Select(step => StepView.Of(step.Id!, step, stepped[step.Id!]))],
            StepView.Of(StepRun.Planning, null, stepped[StepRun.Planning]), StepView.Of(StepRun.Answering, null, stepped[StepRun.Answering]),
            stepped.SelectMany(step => RunView.Of(step)).Aggregate(TurnUsage.None, (sum, run) => run.Usage is { } used ? sum.Plus(used) : sum));
    }

    internal StepView? Find(string step) => step == StepRun.Planning ? Planning : Steps.FirstOrDefault(other => other.Id == step);
}

/// <summary>A step as it stands.</summary>
/// <param name="Step">As planned.</param>
/// <param name="Reason">Why it was rejected, failed or skipped; what the person said.</param>
/// <param name="Runs">Its attempts and their judgements, in order.</param>
public sealed record StepView(string Id, StepStatus Status, string? Reason, PlanStep? Step, IReadOnlyList<RunView> Runs)
{
    internal static StepView Of(string id, PlanStep? planned, IEnumerable<PlanEvent.Stepped> happened)
    {
        var all = happened.ToList();
        // What a judge's run does shows in the run alone.
        var last = all.LastOrDefault(one => one.Role != RunRole.Judge || one.Status is StepStatus.Accepted or StepStatus.Rejected);
        return new StepView(id, last?.Status ?? StepStatus.Waiting, last?.Reason, planned, RunView.Of(all));
    }
}

/// <summary>One time that a model was asked: a job on a lane.</summary>
/// <param name="Attempt">From 1.</param>
/// <param name="JobId">Where its question, answer and events are.</param>
/// <param name="Reason">Why its answer was not accepted.</param>
public sealed record RunView(RunRole Role, int Attempt, string? JobId, string? Model, StepStatus Status, string? Reason)
{
    public DateTimeOffset? QueuedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FirstTokenAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public TurnUsage? Usage { get; init; }

    internal static IReadOnlyList<RunView> Of(IEnumerable<PlanEvent.Stepped> happened) =>
        [.. happened.Where(one => one.Attempt > 0).GroupBy(one => (one.Role, one.Attempt)).Select(run => run.Aggregate(new RunView(run.Key.Role, run.Key.Attempt, null, null, StepStatus.Waiting, null), Next))];

    private static RunView Next(RunView run, PlanEvent.Stepped happened)
    {
        // The news of a start may come after that of the end, which somebody else tells.
        var next = run with
        {
            JobId = happened.JobId ?? run.JobId,
            Model = happened.Model ?? run.Model,
            Status = run.EndedAt is null || happened.Status > StepStatus.FirstToken ? happened.Status : run.Status,
            Reason = happened.Reason ?? run.Reason,
            Usage = happened.Usage ?? run.Usage,
        };
        return happened.Status switch
        {
            StepStatus.Queued => next with { QueuedAt = happened.At },
            StepStatus.Started => next with { StartedAt = run.StartedAt ?? happened.At },
            StepStatus.FirstToken => next with { FirstTokenAt = run.FirstTokenAt ?? happened.At },
            _ => next with { EndedAt = run.EndedAt ?? happened.At },
        };
    }
}
