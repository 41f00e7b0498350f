using Agents.LocalRuntime.Workflows.Storage;

namespace Agents.LocalRuntime.Workflows;

/// <summary>A thing a worker has to do. All members are kept by <see cref="WorkItems"/>, under its lock.</summary>
internal abstract class Work
{
    /// <summary>Who does it; null while it waits.</summary>
    public WorkerStream? Holder { get; set; }

    /// <summary>An answer is being committed, or is; no other one is taken.</summary>
    public bool IsAnswered { get; set; }
}

/// <summary>An instance that has, or will have, a turn to run. There is at most one per instance.</summary>
internal sealed class TurnWork(long instance) : Work
{
    public long Instance => instance;

    /// <summary>What is handed out; null until it is built.</summary>
    public Turn? Turn { get; set; }

    /// <summary>More arrived after the turn was built.</summary>
    public bool HasMore { get; set; }
}

/// <summary>An activity without a result.</summary>
internal sealed class ActivityWork(PendingActivity activity) : Work
{
    public PendingActivity Activity => activity;
}
