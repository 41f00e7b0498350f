using Agents.Conversation.Sessions;
using Agents.Conversation.Turns;

namespace Agents.Conversation.Memory;

/// <summary>What a prompt repeats of the dialogue so far.</summary>
/// <param name="Summary">What lies before the window, in short.</param>
/// <param name="Window">The latest exchanges word for word.</param>
/// <param name="Recalled">What was said before that and fits the question, in the order in which it was said.</param>
internal sealed record RememberedDialogue(string Summary, IReadOnlyList<Exchange> Window, IReadOnlyList<Recalled> Recalled, MemoryUse Use)
{
    public static RememberedDialogue None { get; } = new("", [], [], new MemoryUse(0, 0, 0));
}
