using Agents.Conversation.Catalog;
using Agents.Conversation.Sessions;

namespace Agents.Conversation.Memory;

/// <summary>
/// How many characters of a prompt each part of the memory gets: a quarter the summary, an eighth what is recalled, and the window the
/// rest. All together never exceed the policy's tokens by more than the latest exchange, however long the dialogue.
/// </summary>
internal readonly record struct MemoryBudget(MemoryPolicy Policy)
{
    public const int CharactersPerToken = 4;

    private int All => Policy.WindowTokens * CharactersPerToken;

    public int Summary => All / 4;

    public int Recalled => Policy.Recall == 0 ? 0 : Math.Min(All / 8, Policy.Recall * Pieces.MaxLength);

    /// <summary>What the window may take: all, until there is something besides it.</summary>
    public int Window(SessionRecord session) => session.Summarised == 0 ? All : All - Recalled - session.Summary.Length;

    /// <summary>
    /// What is left of a window that outgrew its share: little, so that the next time is many turns away and the prompt's beginning stays
    /// the same until then.
    /// </summary>
    public int WindowAfterwards => All / 6;
}
