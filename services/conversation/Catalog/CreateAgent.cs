using System.Text.Json;
using System.Text.RegularExpressions;
using Agents.Conversation.Guardrails;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;

namespace Agents.Conversation.Catalog;

/// <summary>Makes an agent, or a version of one.</summary>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="Instructions">1 to 32,000 characters, given to the model before everything else.</param>
/// <param name="Model">A model id; default <c>default</c>.</param>
/// <param name="Collections">At most 32 collection ids; absent: every collection of the tenant; empty: none.</param>
/// <param name="Lane">The lane of its jobs; default <c>standard</c>.</param>
/// <param name="Degrade">When search or models are away or the budget is spent: <c>refuse</c> (default), <c>without_sources</c>, <c>extractive</c> or <c>message</c>.</param>
/// <param name="Tools">At most 16.</param>
/// <param name="Guardrails">What is watched in questions, passages and answers, and what is done about it.</param>
/// <param name="Memory">How it remembers a dialogue.</param>
/// <param name="Escalation">When a person is called in.</param>
/// <param name="Judge">Who judges a sample of its answers; absent: nobody.</param>
/// <param name="Live">For a further version: whether it is to be live at once; default false.</param>
/// <param name="DegradeMessage">What is said instead of an answer, at most 2,000 characters; needed with <c>message</c>.</param>
public sealed partial record CreateAgent(
    string? Name, string? Instructions, string? Model, IReadOnlyList<string>? Collections, string? Lane, Degrade? Degrade,
    IReadOnlyList<ToolSpec>? Tools, GuardrailPolicy? Guardrails, MemoryPolicy? Memory, EscalationPolicy? Escalation = null, bool? Live = null, string? DegradeMessage = null,
    JudgePolicy? Judge = null)
{
    private const int MaxTools = 16;
    private const int MaxSchema = 8_000;

    internal Agent ToAgent(string id, DateTimeOffset now) => new(
        id, 1, Name!, Instructions!, Model ?? "default", Collections, Lane ?? "standard", Degrade ?? Catalog.Degrade.Refuse, now)
    {
        DegradeMessage = DegradeMessage,
        Tools = Tools ?? [],
        Guardrails = Guardrails ?? new GuardrailPolicy(),
        Memory = Memory ?? new MemoryPolicy(),
        Escalation = Escalation ?? new EscalationPolicy(),
        Judge = Judge,
    };

    internal Problem? Refusal() =>
        Checks.Text("name", Name, 100)
        ?? Checks.Text("instructions", Instructions, 32_000)
        ?? (Model is null ? null : Checks.Text("model", Model, 200))
        ?? (Lane is null ? null : Checks.Text("lane", Lane, 40))
        ?? Checks.Items("collections", Collections, 32, 100)
        ?? Collections?.Where(id => !Ids.IsValid("coll", id)).Select(_ => Problem.Invalid("collections", "collections holds something that is no collection id.")).FirstOrDefault()
        ?? Guardrails?.Refusal()
        ?? MemoryRefusal()
        ?? (Degrade == Catalog.Degrade.Message ? Checks.Text("degrade_message", DegradeMessage, 2_000) : Checks.Optional("degrade_message", DegradeMessage, 2_000))
        ?? Checks.Items("escalation.phrases", Escalation?.Phrases, 32, 100)
        ?? (Escalation?.MinGroundedness is < 0 or > 1 ? Problem.Invalid("escalation.min_groundedness", "escalation.min_groundedness must be 0 to 1.") : null)
        ?? (Escalation?.Webhook is { } webhook ? HookAddress.Refusal(webhook, "escalation.webhook") : null)
        ?? Checks.Optional("escalation.message", Escalation?.Message, 2_000)
        ?? (Judge is null ? null : Checks.Text("judge.model", Judge.Model, 200))
        ?? (Judge?.Share is < 0 or > 1 ? Problem.Invalid("judge.share", "judge.share must be 0 to 1.") : null)
        ?? ToolsRefusal();

    private Problem? MemoryRefusal() => Memory switch
    {
        { WindowTokens: < 200 or > 8_000 } => Problem.Invalid("memory.window_tokens", "memory.window_tokens must be 200 to 8000."),
        { Recall: < 0 or > 16 } => Problem.Invalid("memory.recall", "memory.recall must be 0 to 16."),
        { SummaryModel: { } model } => Checks.Text("memory.summary_model", model, 200),
        _ => null,
    };

    private Problem? ToolsRefusal()
    {
        if (Tools is null)
            return null;
        if (Tools.Count > MaxTools)
            return Problem.Invalid("tools", $"tools has {Tools.Count} items; at most {MaxTools} are accepted.");
        if (Tools.Any(tool => tool is null))
            return Problem.Invalid("tools", "tools holds null.");
        if (Tools.Where(tool => tool.Name is not null).GroupBy(tool => tool.Name).Any(same => same.Count() > 1))
            return Problem.Invalid("tools", "tools has two of the same name.");
        return Tools.Select((tool, index) => ToolRefusal(tool, $"tools[{index}]")).FirstOrDefault(refusal => refusal is not null);
    }

    private static Problem? ToolRefusal(ToolSpec tool, string at) =>
        (tool.Name is null ? tool.Type == ToolType.Retrieval ? null : Problem.Invalid($"{at}.name", $"{at}.name is required.")
            : NameForm().IsMatch(tool.Name) ? null : Problem.Invalid($"{at}.name", $"{at}.name must be 1 to 64 letters, digits, _ or -."))
        ?? Checks.Optional($"{at}.description", tool.Description, 2_000)
        ?? (tool.TimeoutSeconds is < 1 or > 60 ? Problem.Invalid($"{at}.timeout_seconds", $"{at}.timeout_seconds must be 1 to 60.") : null)
        ?? (tool.Parameters is { } schema && (schema.ValueKind != JsonValueKind.Object || schema.GetRawText().Length > MaxSchema)
            ? Problem.Invalid($"{at}.parameters", $"{at}.parameters must be a JSON Schema object of at most {MaxSchema} characters.") : null)
        ?? (tool.Type is ToolType.Http or ToolType.Mcp ? HookAddress.Refusal(tool.Url, $"{at}.url") : null)
        ?? (tool.Method is null or "GET" or "POST" or "PUT" or "PATCH" or "DELETE" ? null : Problem.Invalid($"{at}.method", $"{at}.method must be GET, POST, PUT, PATCH or DELETE."))
        ?? HeadersRefusal(tool, $"{at}.headers")
        ?? (tool.Type == ToolType.Mcp && tool.Allow is not { Count: > 0 } ? Problem.Invalid($"{at}.allow", $"{at}.allow must name the tools that may be used.") : null)
        ?? Checks.Items($"{at}.allow", tool.Allow, 32, 64)
        ?? (tool.Type == ToolType.Event ? Checks.Text($"{at}.event_type", tool.EventType, 200) : null);

    private static Problem? HeadersRefusal(ToolSpec tool, string field)
    {
        if (tool.Headers is not { } headers)
            return null;
        if (headers.Count > 16)
            return Problem.Invalid(field, $"{field} has {headers.Count} entries; at most 16 are accepted.");
        return headers.All(header => HeaderForm().IsMatch(header.Key) && header.Value is { Length: <= 2_000 } value && !value.Any(char.IsControl)
            && !header.Key.StartsWith("dapr-", StringComparison.OrdinalIgnoreCase) && !header.Key.StartsWith("x-agents-", StringComparison.OrdinalIgnoreCase)
            && header.Key.ToUpperInvariant() is not ("HOST" or "CONTENT-LENGTH" or "TRANSFER-ENCODING" or "CONNECTION"))
            ? null
            : Problem.Invalid(field, $"{field} holds something that is no header, or one that tools may not set.");
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}$")]
    private static partial Regex NameForm();

    [GeneratedRegex("^[A-Za-z0-9-]{1,64}$")]
    private static partial Regex HeaderForm();
}
