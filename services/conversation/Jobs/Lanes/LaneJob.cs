using Agents.Defaults.Replicas;

namespace Agents.Conversation.Jobs.Lanes;

/// <summary>A job in a lane; times are milliseconds since 1970.</summary>
/// <param name="since">Since when it waits; an older one goes first among those of its tenant.</param>
internal sealed class LaneJob(string id, LaneTenant tenant, long tokens, long deadline, int life, long since)
{
    public string Id => id;

    public LaneTenant Tenant => tenant;

    public long Tokens => tokens;

    public long Deadline => deadline;

    public int Life => life;

    public long Since => since;

    /// <summary>Attempts that count, the one under way included.</summary>
    public int Attempts { get; set; }

    /// <summary>How often a worker got it.</summary>
    public int Lease { get; set; }

    /// <summary>Until then it does not want to run.</summary>
    public long Until { get; set; }

    /// <summary>Who has it.</summary>
    public ReplicaId? Worker { get; set; }

    public long LeasedAt { get; set; }
}

/// <summary>A tenant in a shard of a lane.</summary>
internal sealed class LaneTenant(string name)
{
    public string Name => name;

    /// <summary>Tokens that its jobs have used, raised to the others' level whenever it comes back from having nothing to do.</summary>
    public long Used { get; set; }

    /// <summary>What of that is only expected, of jobs that workers have. Others must not be measured by it: it may be far too much.</summary>
    public long Expected { get; set; }

    /// <summary>Those that may run, the oldest first.</summary>
    public SortedSet<LaneJob> Ready { get; } = new(Comparer<LaneJob>.Create(static (one, other) =>
        one.Since != other.Since ? one.Since.CompareTo(other.Since) : string.CompareOrdinal(one.Id, other.Id)));

    /// <summary>Those that wait for a pause to end, and those that may run.</summary>
    public int Waiting { get; set; }

    public int Leased { get; set; }

    public bool IsIdle => Waiting == 0 && Leased == 0;
}
