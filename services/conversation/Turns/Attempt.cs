using Agents.Contracts;
using Agents.Conversation.Memory;

namespace Agents.Conversation.Turns;

/// <summary>What is learned while a turn is answered.</summary>
internal sealed class Attempt(long started, TimeSpan before)
{
    /// <summary>Timestamp of this attempt's beginning.</summary>
    public long Started => started;

    /// <summary>What passed between the acceptance and this attempt.</summary>
    public TimeSpan Before => before;

    public bool WithoutSources { get; set; }

    /// <summary>How the agent's policy made up for what is away.</summary>
    public Degradation? Degraded { get; set; }

    public RememberedDialogue Memory { get; set; } = RememberedDialogue.None;

    /// <summary>By the number that the model knows them by.</summary>
    public Dictionary<int, Passage> Passages { get; } = [];

    public List<string> CallIds { get; } = [];

    public TurnUsage Usage { get; set; } = TurnUsage.None;

    public int? TtftMs { get; set; }

    public double? Groundedness { get; set; }

    public TurnTrail Trail => new([.. CallIds.Where(id => id.Length > 0)], [.. Passages.Values.Select(passage => passage.ChunkId)], Groundedness);
}
