using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Agents.Contracts;

namespace Agents.Conversation.Memory;

/// <summary>
/// Builds what the model sees. What stays the same from turn to turn comes first, so that providers can cache it: instructions, summary,
/// the window word for word. Then what is new: what was recalled, numbered passages, the question. Whatever was not written by the
/// agent's owner is one line each, so that it can neither start a passage of its own nor look like an instruction's heading.
/// </summary>
internal static class PromptComposer
{
    public static JsonArray Compose(string instructions, RememberedDialogue memory, IReadOnlyList<Passage> passages, string input)
    {
        var messages = new JsonArray(Message("system", instructions));
        if (memory.Summary.Length > 0)
            messages.Add(Message("system", "Earlier in this conversation, in short:\n" + memory.Summary));
        foreach (var exchange in memory.Window)
        {
            // A person may have spoken without having been asked.
            if (exchange.Input.Length > 0)
                messages.Add(Message("user", exchange.Input));
            messages.Add(Message("assistant", exchange.Output));
        }
        if (memory.Recalled.Count > 0 || passages.Count > 0)
            messages.Add(Message("system", Found(memory.Recalled, passages)));
        messages.Add(Message("user", input));
        return messages;
    }

    private static string Found(IReadOnlyList<Recalled> recalled, IReadOnlyList<Passage> passages)
    {
        var text = new StringBuilder();
        if (recalled.Count > 0)
            text.Append("Said earlier in this conversation:");
        foreach (var piece in recalled)
            text.Append(CultureInfo.InvariantCulture, $"\n- {(piece.ByUser ? "User" : "Assistant")}: {OneLine(piece.Text)}");
        if (passages.Count > 0)
            text.Append(recalled.Count > 0 ? "\n\nPassages:" : "Passages:");
        for (var i = 0; i < passages.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"\n[{i + 1}] {OneLine(passages[i].Title)}: {OneLine(passages[i].Text)}");
        return text.ToString();
    }

    // A pilcrow stands for each line break: the passage stays one line, and whoever reads it can still tell headings from sentences.
    public static string OneLine(string text) => string.Join(" ¶ ", text.Split('\n')
        .Select(line => string.Join(' ', line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))
        .Where(line => line.Length > 0));

    public static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };
}
