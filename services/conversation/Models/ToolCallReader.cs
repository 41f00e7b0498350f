using System.Text;
using System.Text.Json.Nodes;

namespace Agents.Conversation.Models;

/// <summary>Puts together the tool calls that a stream brings in pieces.</summary>
internal sealed class ToolCallReader
{
    // More than a turn may ever run; the rest is not even kept.
    private const int MaxCalls = 64;

    private readonly SortedDictionary<int, (string Name, StringBuilder Arguments)> _calls = [];

    public int Characters { get; private set; }

    public void Read(JsonArray? pieces)
    {
        foreach (var piece in pieces ?? [])
        {
            if (piece is not JsonObject || (_calls.Count >= MaxCalls && !_calls.ContainsKey(Index(piece))))
                continue;
            var (name, arguments) = _calls.GetValueOrDefault(Index(piece), ("", new StringBuilder()));
            var function = piece["function"] as JsonObject;
            name += Text(function?["name"]);
            arguments.Append(Text(function?["arguments"]));
            Characters += Text(function?["name"]).Length + Text(function?["arguments"]).Length;
            _calls[Index(piece)] = (name, arguments);
        }
    }

    public IReadOnlyList<ToolCall> Complete() =>
        [.. _calls.Values.Where(call => call.Name.Length > 0).Select(call => new ToolCall(call.Name, call.Arguments.ToString()))];

    private static int Index(JsonNode piece) => piece["index"] is JsonValue value && value.TryGetValue<int>(out var index) ? index : 0;

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
