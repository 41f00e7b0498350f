using Agents.Conversation.Supervisor.Plans;
using Agents.Conversation.Turns;

namespace Agents.Conversation.Supervisor.Judging;

/// <summary>What became of a run.</summary>
/// <param name="Fault">Why its answer is not accepted, in words for whoever tries again; null when it is.</param>
/// <param name="Digest">The same for the same answer, however it is spaced: one that comes again is no progress.</param>
internal sealed record RunVerdict(string? Fault, string Digest, TurnUsage Usage)
{
    /// <summary>The plan, where one was asked for and accepted.</summary>
    public PlanShape? Plan { get; init; }
}
