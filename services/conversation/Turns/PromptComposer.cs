using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Agents.Contracts;
using Agents.Conversation.Sessions;

namespace Agents.Conversation.Turns;

/// <summary>
/// Builds what the model sees: instructions, numbered passages, the window, the question. Passages are one line each, so that text from
/// a document can neither start a passage of its own nor look like an instruction's heading.
/// </summary>
internal static class PromptComposer
{
    public static JsonArray Compose(string instructions, IReadOnlyList<Passage> passages, IReadOnlyList<Exchange> window, string input)
    {
        var messages = new JsonArray(Message("system", System(instructions, passages)));
        foreach (var exchange in window)
        {
            messages.Add(Message("user", exchange.Input));
            messages.Add(Message("assistant", exchange.Output));
        }
        messages.Add(Message("user", input));
        return messages;
    }

    private static string System(string instructions, IReadOnlyList<Passage> passages)
    {
        var text = new StringBuilder(instructions);
        if (passages.Count == 0)
            return text.ToString();
        text.Append("\n\nPassages:");
        for (var i = 0; i < passages.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"\n[{i + 1}] {OneLine(passages[i].Title)}: {OneLine(passages[i].Text)}");
        return text.ToString();
    }

    // A pilcrow stands for each line break: the passage stays one line, and whoever reads it can still tell headings from sentences.
    private static string OneLine(string text) => string.Join(" ¶ ", text.Split('\n')
        .Select(line => string.Join(' ', line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))
        .Where(line => line.Length > 0));

    private static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };
}
