using Agents.Contracts;
using Agents.Conversation.Catalog;
using Agents.Conversation.Memory;
using Agents.Conversation.Turns;

namespace Agents.Conversation.Escalations;

/// <summary>When a turn calls for a person.</summary>
internal static class EscalationRules
{
    /// <summary>Why; null when it does not.</summary>
    public static string? Reason(Agent agent, Turn turn, double? groundedness) => (agent.Escalation, turn) switch
    {
        ({ Phrases: { } phrases }, _) when phrases.Any(phrase => turn.Input.Contains(phrase, StringComparison.OrdinalIgnoreCase)) => "phrase",
        ({ OnFailure: true }, { Status: TurnStatus.Failed }) => "failure",
        ({ OnFailure: true }, { Output.Degraded: not null }) => "degraded",
        (_, not { Status: TurnStatus.Completed }) => null,
        ({ OnNoSources: true }, { Output.Citations.Count: 0 }) when agent.Collections is not { Count: 0 } => "no_sources",
        ({ MinGroundedness: { } least }, _) when groundedness < least => "low_confidence",
        _ => null,
    };

    /// <summary>
    /// How much of an answer its passages bear out: the share of its words with a meaning that one of them holds, 0 to 1. A count of words
    /// and no judgement, and the same on every replica. Null when there is nothing to compare.
    /// </summary>
    public static double? Groundedness(string answer, IReadOnlyCollection<Passage> passages)
    {
        var said = RecallWords.Of(answer).Distinct().ToList();
        if (said.Count == 0 || passages.Count == 0)
            return null;
        var known = passages.SelectMany(passage => RecallWords.Of($"{passage.Title} {passage.Text}")).ToHashSet(StringComparer.Ordinal);
        return said.Count(known.Contains) / (double)said.Count;
    }
}
