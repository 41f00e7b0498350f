using Agents.Defaults.Replicas;

namespace Agents.Conversation.Jobs.Lanes;

// What replicas and workers say to a lane's shard; all of one build.

/// <summary>A job that wants its place.</summary>
/// <param name="Tokens">What it is expected to use.</param>
/// <param name="Life">0, and one more each time it is taken back from the dead letters.</param>
internal sealed record PlaceJob(string Job, string Tenant, long Tokens, DateTimeOffset Deadline, int Life);

/// <summary>Which of the jobs have a place now, in the order asked.</summary>
/// <param name="Waiting">How many wait in the shard.</param>
/// <param name="WaitSeconds">How long the last of them may have to wait, as far as can be told.</param>
internal sealed record PlacedJobs(IReadOnlyList<bool> Accepted, int Waiting, int WaitSeconds);

/// <summary>What became of a job at a worker.</summary>
internal enum Verdict
{
    /// <summary>It has its end.</summary>
    Ended,

    /// <summary>The attempt failed, and another one may fare better.</summary>
    Failed,

    /// <summary>The worker gives it back untouched, or stops: the attempt does not count.</summary>
    Released,
}

/// <summary>A job that a worker is done with.</summary>
/// <param name="Tokens">What it used.</param>
/// <param name="RetryAfterMs">The shortest pause before another attempt, when a provider named one.</param>
internal sealed record FinishedJob(string Job, int Lease, Verdict Verdict, long Tokens = 0, long RetryAfterMs = 0);

/// <summary>
/// A worker asks for work and says what became of the last. It also says what it holds, so that a lease whose answer was lost is noticed.
/// </summary>
/// <param name="Turn">Grows with each call of this worker, so that a call that was delayed on its way is told from a new one.</param>
/// <param name="Want">How many jobs it has slots for.</param>
internal sealed record ExchangeJobs(
    ReplicaId Worker, long Turn, IReadOnlyList<string> Held, IReadOnlyList<FinishedJob> Finished, int Want);

/// <summary>A job for a worker.</summary>
/// <param name="Lease">How often it was given to a worker, this time included: the higher one is right.</param>
/// <param name="Attempt">From 1; above the lane's limit there is nothing to run any more, the job is to be buried.</param>
internal sealed record LeasedJob(string Job, string Tenant, int Lease, int Attempt, int Life);

/// <param name="Ready">How many jobs more could be had at once.</param>
internal sealed record ExchangedJobs(IReadOnlyList<LeasedJob> Jobs, int Ready);

/// <summary>How a shard, or a lane, stands.</summary>
/// <param name="Waiting">Jobs that wait, also for a pause to end.</param>
/// <param name="Leased">Jobs that workers have.</param>
/// <param name="WorkSeconds">Estimated seconds of work of all of them, one after the other.</param>
/// <param name="OldestSeconds">How long the oldest one has waited.</param>
internal sealed record LaneFigure(int Waiting, int Leased, double WorkSeconds, double OldestSeconds)
{
    public static LaneFigure Sum(IReadOnlyCollection<LaneFigure> shards) => new(
        shards.Sum(shard => shard.Waiting), shards.Sum(shard => shard.Leased), shards.Sum(shard => shard.WorkSeconds),
        shards.Count == 0 ? 0 : shards.Max(shard => shard.OldestSeconds));
}
