using System.Text.Json.Serialization;
using Agents.Conversation.Guardrails;
using Agents.Conversation.Sessions;
using Agents.Conversation.Supervisor;
using Agents.Conversation.Turns;
using Agents.Conversation.Turns.Logs;

namespace Agents.Conversation.Jobs;

/// <summary>
/// A job: one ETag-guarded record, changed only by compare-and-swap. Its place in a lane says when it is run, its log how it ended; the
/// record is what follows from both.
/// </summary>
/// <param name="Input">The question, or its beginning when there are <see cref="InputPages"/>.</param>
/// <param name="ResultTtlSeconds">How long job, log and result are kept after the end.</param>
internal sealed record JobRecord(
    string Id, string Tenant, JobKind Kind, string Agent, int AgentVersion, string Lane, string Input, DateTimeOffset CreatedAt, DateTimeOffset Deadline,
    int ResultTtlSeconds)
{
    /// <summary>Pages of an input that is too long for the record.</summary>
    public int InputPages { get; init; }

    /// <summary>What the agent's guardrails found in the input.</summary>
    public IReadOnlyList<GuardrailHit>? Guardrails { get; init; }

    public string? User { get; init; }

    public IReadOnlyList<string> Principals { get; init; } = [];

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    public string? CallbackUrl { get; init; }

    /// <summary>The trace that the job belongs to, as a W3C <c>traceparent</c>.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Set when it is a run of a plan: then the plan hears of its end, and nobody else.</summary>
    public PlanRun? Run { get; init; }

    /// <summary>How a run of a plan differs from what its agent does by itself.</summary>
    public TurnPart? Part { get; init; }

    public JobStatus Status { get; init; }

    public int Attempts { get; init; }

    /// <summary>The highest lease under which a worker has begun it: an older one must not begin any more.</summary>
    public int Lease { get; init; }

    /// <summary>0, and one more each time it is taken back from the dead letters.</summary>
    public int Life { get; init; }

    /// <summary>The replica that runs it, or ran it last.</summary>
    public string? Worker { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public TurnError? Error { get; init; }

    /// <summary>Of all attempts that came to an end.</summary>
    public TurnUsage Usage { get; init; } = TurnUsage.None;

    public int? QueuedMs { get; init; }

    public int? RunMs { get; init; }

    [JsonIgnore]
    public bool Ended => Status is not (JobStatus.Queued or JobStatus.Running);

    /// <summary>It was submitted more than once: whoever was first cannot take it back any more.</summary>
    public bool Shared { get; init; }

    /// <summary>It was taken back and is as if it were not there; whoever submits it again makes it anew.</summary>
    public bool Withdrawn { get; init; }

    /// <summary>Nobody has begun it yet.</summary>
    [JsonIgnore]
    public bool Untouched => this is { Status: JobStatus.Queued, Lease: 0, Life: 0 };

    [JsonIgnore]
    public TimeSpan ResultTtl => TimeSpan.FromSeconds(ResultTtlSeconds);

    /// <summary>The turn that a job of the kind <see cref="JobKind.Turn"/> is, and the name of the log of each job; it stays the same in all attempts, and so do the ids of its tool calls.</summary>
    [JsonIgnore]
    public string Turn => $"{TurnStore.Prefix}{Id[JobStore.Prefix.Length..]}";

    // The log is needed for as long as another attempt may come, and then as long as the result.
    private int LogTtlSeconds => ResultTtlSeconds + (int)Math.Max(0, (Deadline - CreatedAt).TotalSeconds);

    /// <summary>Stands for the session that a job does not have. Each life has a log of its own.</summary>
    public SessionRecord AsSession(int life) => new(
        life == 0 ? Id : $"{Id}.{life}", Tenant, Agent, AgentVersion, User, Principals, Metadata, LogTtlSeconds, CreatedAt, CreatedAt, [], null, [])
    {
        Job = Id,
        Lane = Lane,
        Part = Part,
    };

    public SessionRecord AsSession() => AsSession(Life);

    /// <summary>A worker begins an attempt. Null when it is not the one to do so.</summary>
    public JobRecord? Begin(int life, int lease, int attempt, string worker, DateTimeOffset now) => Ended || life != Life || lease <= Lease
        ? null
        : this with
        {
            Status = JobStatus.Running,
            Lease = lease,
            Attempts = attempt,
            Worker = worker,
            StartedAt = now,
            QueuedMs = QueuedMs ?? (int)Math.Clamp((now - CreatedAt).TotalMilliseconds, 0, int.MaxValue),
        };

    /// <summary>The attempt failed and another one follows.</summary>
    public JobRecord? Retry(int lease, TurnError error, TurnUsage used) => Ended || lease != Lease
        ? null
        : this with { Status = JobStatus.Queued, Error = error, Usage = Usage.Plus(used) };

    /// <summary>The job after its log's last entry.</summary>
    public JobRecord End(TurnEntry last, DateTimeOffset now)
    {
        var ended = this with { EndedAt = now, RunMs = StartedAt is { } started ? (int)Math.Clamp((now - started).TotalMilliseconds, 0, int.MaxValue) : null };
        switch (last.Name)
        {
            case TurnEvent.Completed.EventName:
                return ended with { Status = JobStatus.Succeeded, Error = null, Usage = Usage.Plus(last.Read<TurnEvent.Completed>().Usage) };
            case TurnEvent.Cancelled.EventName:
                return ended with { Status = JobStatus.Cancelled, Error = null };
            default:
                var failed = last.Read<TurnEvent.Failed>();
                // What becomes of a run its plan decides.
                var dead = JobTrail.Of(last)?.Dead == true && Run is null;
                return ended with { Status = dead ? JobStatus.Dead : JobStatus.Failed, Error = failed.Error, Usage = Usage.Plus(failed.Usage ?? TurnUsage.None) };
        }
    }

    /// <summary>Takes a dead job back: it waits again, with all its attempts before it. Null when it is not dead in the life before.</summary>
    public JobRecord? Revive(int life, DateTimeOffset deadline) => Status != JobStatus.Dead || life != Life + 1
        ? null
        : this with { Status = JobStatus.Queued, Life = life, Attempts = 0, Lease = 0, Deadline = deadline, EndedAt = null, RunMs = null };

    public Job Show(DateTimeOffset now)
    {
        // Whatever became of its place: nothing runs past its deadline.
        var late = !Ended && now > Deadline + JobStore.Grace;
        return new Job(
            Id, Kind, late ? JobStatus.Failed : Status, Agent, AgentVersion, Lane, Attempts, CreatedAt, StartedAt, EndedAt, Deadline, QueuedMs, RunMs,
            late ? JobErrors.Late : Error, Usage == TurnUsage.None ? null : Usage, TraceParent?.Split('-').ElementAtOrDefault(1), CallbackUrl, User, Metadata,
            EndedAt + ResultTtl)
        {
            Redrives = Life,
            Plan = Run?.Plan,
            Worker = Worker,
        };
    }
}

/// <summary>What only the service needs of a job's end.</summary>
/// <param name="Dead">It used up its attempts.</param>
internal sealed record JobTrail(bool Dead)
{
    public static JobTrail? Of(TurnEntry last) =>
        last.Inside is { } inside && inside.TryGetProperty("dead", out var dead) ? new JobTrail(dead.GetBoolean()) : null;
}

/// <summary>Errors of jobs that no turn knows.</summary>
internal static class JobErrors
{
    public static TurnError Late { get; } = new("deadline_exceeded", "The job did not end before its deadline.", Retryable: false);

    public static TurnError WorkersLost { get; } = new("workers_lost", "Every attempt ended with the loss of its worker.", Retryable: true);

    public static TurnError Internal { get; } = new("internal_error", "Something failed inside; the trace id finds it in the logs.", Retryable: true);

    public static TurnError NoAgent { get; } = new("agent_not_found", "The job's agent is gone.", Retryable: false);
}
