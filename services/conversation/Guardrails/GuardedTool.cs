using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Conversation.Catalog;
using Agents.Conversation.Tools;

namespace Agents.Conversation.Guardrails;

/// <summary>A tool whose arguments and results pass the agent's guardrails.</summary>
internal sealed class GuardedTool(ITool tool, AgentGuardrails guardrails, Agent agent) : ITool
{
    public string Name => tool.Name;

    public string Description => tool.Description;

    public JsonNode Parameters => tool.Parameters;

    public bool Repeatable => tool.Repeatable;

    public TimeSpan Limit => tool.Limit;

    public async Task<ToolResult> RunAsync(ToolContext context, JsonElement arguments, CancellationToken cancellationToken)
    {
        if (guardrails.ArgumentRefusal(context.Session, agent, context.Turn, string.Join('\n', Texts(arguments))) is { } refusal)
            return ToolResult.Failure(refusal);
        return guardrails.Result(context.Session, agent, context.Turn, await tool.RunAsync(context, arguments, cancellationToken));
    }

    /// <summary>Every name and value as it will be read, free of JSON's escapes.</summary>
    private static IEnumerable<string> Texts(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(property => Texts(property.Value).Prepend(property.Name)),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Texts),
        JsonValueKind.String => [value.GetString()!],
        _ => [value.GetRawText()],
    };
}
