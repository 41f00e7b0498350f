using System.Text.Json.Nodes;
using Agents.Conversation.Catalog;
using Agents.Conversation.Hooks;
using Dapr.Client;

namespace Agents.Conversation.Tools;

/// <summary>Makes an agent's tools out of their descriptions.</summary>
internal sealed class ToolBox(Turns.PassageSource passages, HookClient hooks, DaprClient dapr, ToolReplies replies, TimeProvider time)
{
    public Task<IReadOnlyList<ITool>> OpenAsync(Agent agent, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var tools = new List<ITool>();
        foreach (var spec in agent.Tools)
        {
            tools.Add(spec.Type switch
            {
                ToolType.Retrieval => new RetrievalTool(spec, agent, passages),
                ToolType.Http => new HttpTool(spec, hooks),
                ToolType.Event => new EventTool(spec, dapr, replies, time),
                _ => throw new InvalidOperationException($"No tool of type {spec.Type}."),
            });
        }
        return Task.FromResult<IReadOnlyList<ITool>>(tools);
    }

    /// <summary>The tools as a model is told of them; null for none.</summary>
    public static JsonArray? Describe(IReadOnlyList<ITool> tools) => tools.Count == 0 ? null : new JsonArray([.. tools.Select(tool => new JsonObject
    {
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = tool.Name, ["description"] = tool.Description, ["parameters"] = tool.Parameters.DeepClone() },
    })]);
}
