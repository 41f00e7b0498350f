using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Contracts;
using Agents.Conversation.Memory;
using Agents.Conversation.Models;
using Agents.Conversation.Turns;
using Agents.Conversation.Turns.Logs;
using Agents.Defaults.Api;

namespace Agents.Conversation.Tools;

/// <summary>What is in the log before a tool runs.</summary>
/// <param name="Step">From 0; all calls of one step were asked for together.</param>
/// <param name="Text">What the model had said before it asked; only with the first call of a step.</param>
internal sealed record RecordedCall(int Step, int Index, string Text, ToolCall Call);

/// <summary>What is in the log after it ran.</summary>
internal sealed record RecordedResult(int Step, int Index, ToolResult Result);

/// <summary>One round of tools: what the model said and asked for, and what it got so far.</summary>
internal sealed record ToolStep(string Text, IReadOnlyList<ToolCall> Calls, IReadOnlyDictionary<int, ToolResult> Results)
{
    /// <summary>The rounds that a log tells of.</summary>
    public static IReadOnlyList<ToolStep> In(IEnumerable<TurnEntry> entries)
    {
        var calls = new List<RecordedCall>();
        var results = new List<RecordedResult>();
        foreach (var entry in entries.Where(entry => entry is { Name: TurnEvent.Tool.EventName, Inside: not null }))
        {
            if (entry.Read<TurnEvent.Tool>().Status == "started")
                calls.Add(entry.Inside!.Value.Deserialize<RecordedCall>(Json.Options)!);
            else
                results.Add(entry.Inside!.Value.Deserialize<RecordedResult>(Json.Options)!);
        }
        return
        [
            .. calls.GroupBy(call => call.Step).OrderBy(step => step.Key).Select(step => new ToolStep(
                string.Concat(step.OrderBy(call => call.Index).Select(call => call.Text)),
                [.. step.OrderBy(call => call.Index).Select(call => call.Call)],
                results.Where(result => result.Step == step.Key).GroupBy(result => result.Index).ToDictionary(same => same.Key, same => same.First().Result))),
        ];
    }

    /// <summary>What the round showed, by the number that the model knows it by.</summary>
    public IEnumerable<KeyValuePair<int, Passage>> Passages => Results.Values.SelectMany(
        result => (result.Passages ?? []).Select((passage, i) => KeyValuePair.Create(result.FirstNumber + i, passage)));

    /// <summary>The round as the model is told of it.</summary>
    public void AddTo(JsonArray messages, int number)
    {
        messages.Add(new JsonObject
        {
            ["role"] = "assistant",
            ["content"] = Text.Length > 0 ? Text : null,
            ["tool_calls"] = new JsonArray([.. Calls.Select((call, index) => new JsonObject
            {
                ["id"] = Id(number, index),
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = call.Arguments },
            })]),
        });
        for (var index = 0; index < Calls.Count; index++)
        {
            var message = PromptComposer.Message("tool", Results[index].Content);
            message["tool_call_id"] = Id(number, index);
            messages.Add(message);
        }
    }

    private static string Id(int number, int index) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"call_{number}_{index}");
}
