using Agents.Conversation.Catalog;

namespace Agents.Conversation.Turns;

/// <summary>How a turn that is a part of something larger differs from one that somebody asked for.</summary>
/// <param name="Model">In place of the agent's.</param>
/// <param name="Instructions">In place of the agent's; then it has neither documents nor tools.</param>
/// <param name="Query">What documents are searched for; default the input.</param>
internal sealed record TurnPart(string? Model, string? Instructions, string? Query)
{
    /// <summary>The agent as it answers this part. What it must never say stays the same.</summary>
    public Agent Of(Agent agent)
    {
        var one = agent with { Model = Model ?? agent.Model };
        return Instructions is null ? one : one with { Instructions = Instructions, Collections = [], Tools = [], Degrade = Degrade.Refuse };
    }
}
