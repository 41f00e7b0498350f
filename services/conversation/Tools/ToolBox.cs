using System.Text.Json.Nodes;
using Agents.Conversation.Catalog;
using Agents.Conversation.Hooks;
using Dapr.Client;

namespace Agents.Conversation.Tools;

/// <summary>Makes an agent's tools out of their descriptions.</summary>
internal sealed class ToolBox(Turns.PassageSource passages, HookClient hooks, McpLists servers, DaprClient dapr, ToolReplies replies, TimeProvider time)
{
    public async Task<IReadOnlyList<ITool>> OpenAsync(string tenant, Agent agent, CancellationToken cancellationToken) =>
        [.. (await Task.WhenAll(agent.Tools.Select(spec => OpenAsync(tenant, agent, spec, cancellationToken)))).SelectMany(tools => tools).DistinctBy(tool => tool.Name)];

    /// <summary>The tools as a model is told of them; null for none.</summary>
    public static JsonArray? Describe(IReadOnlyList<ITool> tools) => tools.Count == 0 ? null : new JsonArray([.. tools.Select(tool => new JsonObject
    {
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = tool.Name, ["description"] = tool.Description, ["parameters"] = tool.Parameters.DeepClone() },
    })]);

    private async Task<IReadOnlyList<ITool>> OpenAsync(string tenant, Agent agent, ToolSpec spec, CancellationToken cancellationToken) => spec.Type switch
    {
        ToolType.Retrieval => [new RetrievalTool(spec, agent, passages)],
        ToolType.Http => [new HttpTool(spec, hooks, time)],
        ToolType.Event => [new EventTool(spec, dapr, replies, time)],
        ToolType.Mcp => await servers.OpenAsync(tenant, spec, cancellationToken),
        _ => throw new InvalidOperationException($"No tool of type {spec.Type}."),
    };
}
