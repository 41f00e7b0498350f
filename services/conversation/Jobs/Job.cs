using System.Text.Json.Serialization;
using Agents.Conversation.Turns;

namespace Agents.Conversation.Jobs;

/// <summary>What a job does.</summary>
public enum JobKind
{
    /// <summary>One question to an agent, without a session.</summary>
    Turn,

    /// <summary>A task that is planned, divided into steps, checked and put together.</summary>
    Supervisor,
}

/// <summary>Where a job stands.</summary>
public enum JobStatus
{
    /// <summary>Waits in its lane.</summary>
    Queued,
    Running,
    Succeeded,

    /// <summary>It cannot succeed, however often it is tried.</summary>
    Failed,
    Cancelled,

    /// <summary>It used up its attempts, and waits among the dead letters for somebody to look at it.</summary>
    Dead,
}

/// <summary>A job as the API shows it; what it gave is at <c>/result</c>.</summary>
/// <param name="Attempts">Attempts so far, the one under way included; a worker that was lost counts.</param>
/// <param name="QueuedMs">Milliseconds from acceptance to the first attempt.</param>
/// <param name="RunMs">Milliseconds of the last attempt.</param>
/// <param name="Error">Why it failed or is dead; while it waits again, why the last attempt failed.</param>
/// <param name="ResultUntil">Until then job and result are kept, once it has ended.</param>
public sealed record Job(
    string Id, JobKind Kind, JobStatus Status, string Agent, int AgentVersion, string? Lane, int Attempts, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt, DateTimeOffset Deadline, int? QueuedMs, int? RunMs, TurnError? Error, TurnUsage? Usage, string? TraceId, string? CallbackUrl,
    string? User, IReadOnlyDictionary<string, string> Metadata, DateTimeOffset? ResultUntil)
{
    public string Object => "job";

    /// <summary>The worker that runs it, or ran it last.</summary>
    public string? Worker { get; init; }

    /// <summary>The job of the kind <c>supervisor</c> whose plan it is a run of; not shown in lists.</summary>
    public string? Plan { get; init; }

    /// <summary>How often it was taken back from the dead letters.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Redrives { get; init; }
}

/// <summary>What a job gave.</summary>
/// <param name="Output">Present once it succeeded; otherwise the text until its end, if there was any.</param>
public sealed record JobResult(string Id, JobStatus Status, TurnOutput? Output, TurnError? Error, TurnUsage? Usage)
{
    public string Object => "job.result";
}
