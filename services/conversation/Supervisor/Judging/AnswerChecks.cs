using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Cel;
using Agents.Conversation.Guardrails.Injection;
using Agents.Conversation.Supervisor.Plans;
using Agents.Conversation.Tools;
using Agents.Conversation.Turns;

namespace Agents.Conversation.Supervisor.Judging;

/// <summary>Whether an answer stands the checks of its step. No model and no I/O: the same answer is judged the same, everywhere and always.</summary>
internal static class AnswerChecks
{
    private const int SameCalls = 3;

    /// <summary>The first thing that is wrong, in words for a model; null when nothing is.</summary>
    /// <param name="given">What the worker was given besides its sources: the task, and what the steps before it found.</param>
    public static string? Fault(StepChecks? checks, TurnOutput? output, IReadOnlyList<ToolStep> tools, IReadOnlyList<string> given)
    {
        if (output is null || string.IsNullOrWhiteSpace(output.Text))
            return "The answer is empty.";
        if (output.Degraded is { } degraded)
            return $"No model answered ({degraded.Cause}).";
        if (Repeated(tools) is { } call)
            return $"The tool '{call}' was called {SameCalls} times with the same arguments; use what it gave.";
        if (InjectionDetector.Judge(output.Text) is { IsInjection: true } injection)
            return $"The answer gives orders to its reader ({string.Join(", ", injection.Kinds)}) instead of facts.";
        return Fault(checks ?? new StepChecks(), output, given);
    }

    private static string? Fault(StepChecks checks, TurnOutput output, IReadOnlyList<string> given)
    {
        using var json = AnswerJson.Parse(output.Text);
        if (checks.Schema is { } schema)
        {
            if (json is null)
                return "The answer is not JSON; answer with JSON alone.";
            if (SchemaCheck.Fault(JsonNode.Parse(schema.GetRawText())!, json.RootElement) is { } fault)
                return $"The answer does not fit its schema: {fault}";
        }
        return checks.Rules?.FirstOrDefault(rule => !Holds(rule, output, json?.RootElement)) is { } broken
            ? $"This does not hold for the answer: {broken}"
            : checks.MinGroundedness is { } least ? Groundedness.Fault(output, given, least) : null;
    }

    private static bool Holds(string rule, TurnOutput output, JsonElement? json)
    {
        try
        {
            return Expression.Parse(rule).IsTrue(name => name switch
            {
                "text" => output.Text,
                "length" => (double)output.Text.Length,
                "citations" => (double)output.Citations.Count,
                "answer" when json is { } value => value,
                _ => throw new CelException($"there is no '{name}'"),
            });
        }
        catch (CelException)
        {
            // The answer lacks what the rule asks for.
            return false;
        }
    }

    private static string? Repeated(IReadOnlyList<ToolStep> tools) =>
        tools.SelectMany(step => step.Calls).GroupBy(call => call).FirstOrDefault(same => same.Count() >= SameCalls)?.Key.Name;
}

/// <summary>JSON as models write it.</summary>
internal static class AnswerJson
{
    private const string Fence = "```";

    /// <summary>The answer as JSON, within a code fence or bare; null when it is none.</summary>
    public static JsonDocument? Parse(string text)
    {
        var trimmed = text.Trim();
        if (trimmed.StartsWith(Fence, StringComparison.Ordinal) && trimmed.EndsWith(Fence, StringComparison.Ordinal) && trimmed.IndexOf('\n', StringComparison.Ordinal) is > 0 and var line && line < trimmed.Length - Fence.Length)
            trimmed = trimmed[line..^Fence.Length];
        try
        {
            return JsonDocument.Parse(trimmed);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
