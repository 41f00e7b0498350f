using System.Globalization;
using System.Text.Json.Serialization;
using Agents.Conversation.Turns;

namespace Agents.Conversation.Supervisor.Plans;

/// <summary>Where a step, or a run of it, stands.</summary>
public enum StepStatus
{
    /// <summary>Waits for other steps, or for a place.</summary>
    Waiting,

    /// <summary>Waits for a person.</summary>
    NeedsApproval,

    /// <summary>A person let it go on.</summary>
    Approved,

    /// <summary>A person did not want it.</summary>
    Declined,

    /// <summary>A run of it is in its lane.</summary>
    Queued,

    /// <summary>A worker has begun with it.</summary>
    Started,

    /// <summary>The model has begun to answer.</summary>
    FirstToken,

    /// <summary>The answer is there and is being judged.</summary>
    Answered,

    /// <summary>The answer stands its checks.</summary>
    Accepted,

    /// <summary>It does not, or there is none: the reason says why.</summary>
    Rejected,

    /// <summary>No attempt is left, or none would help.</summary>
    Failed,

    /// <summary>Not run, because the plan stopped or a step before it failed.</summary>
    Skipped,
}

/// <summary>What happens to a plan, as the log of its job keeps it and clients see it.</summary>
/// <param name="Key">The same for the same happening: told twice, it is noted once.</param>
internal abstract record PlanEvent(string Name, [property: JsonIgnore] string Key) : TurnEvent(Name)
{
    /// <summary>What is to be done; again when the plan before it was no good.</summary>
    internal sealed record Planned(Plan Plan, bool ByCaller) : PlanEvent(EventName, EventName)
    {
        public const string EventName = "plan";
    }

    /// <summary>A step, or a run of it, has come to another status.</summary>
    /// <param name="Step">The plan's step; <c>plan</c> and <c>answer</c> for runs that belong to none.</param>
    /// <param name="Attempt">0 for what concerns the step as a whole.</param>
    internal sealed record Stepped(string Step, StepStatus Status, DateTimeOffset At, RunRole Role = RunRole.Work, int Attempt = 0)
        : PlanEvent(EventName, string.Create(CultureInfo.InvariantCulture, $"{Role}/{Step}/{Attempt}/{Status}"))
    {
        public const string EventName = "step";

        /// <summary>The job of the run.</summary>
        public string? JobId { get; init; }

        public string? Model { get; init; }

        /// <summary>Why it was rejected, failed or skipped; what the person said.</summary>
        public string? Reason { get; init; }

        /// <summary>What the run used, once it has ended.</summary>
        public TurnUsage? Usage { get; init; }
    }
}
