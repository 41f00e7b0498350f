using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Conversation.Catalog;
using Agents.Conversation.Memory;
using Agents.Conversation.Turns;

namespace Agents.Conversation.Tools;

/// <summary>Lets the model search the agent's collections itself, as often as it needs.</summary>
internal sealed class RetrievalTool(ToolSpec spec, Agent agent, PassageSource passages) : ITool
{
    public const string DefaultName = "search_documents";

    public string Name => spec.Name ?? DefaultName;

    public string Description => spec.Description ?? "Searches the documents. Gives numbered passages; cite them as [n].";

    public JsonNode Parameters { get; } = JsonNode.Parse(
        """{"type":"object","properties":{"query":{"type":"string","minLength":1,"maxLength":2000}},"required":["query"],"additionalProperties":false}""")!;

    public bool Repeatable => true;

    public TimeSpan Limit => TimeSpan.FromSeconds(15);

    public async Task<ToolResult> RunAsync(ToolContext context, JsonElement arguments, CancellationToken cancellationToken)
    {
        var found = await passages.FindAsync(context.Session, agent, context.Turn, arguments.GetProperty("query").GetString()!, cancellationToken);
        if (!found.Available)
            return ToolResult.Failure("The document search is away.");
        if (found.Passages.Count == 0)
            return new ToolResult("Nothing was found.");
        var text = new StringBuilder("Passages:");
        var shown = found.Passages.Take(ToolContext.MaxPassages).Select(passage => passage with { Text = Short(passage.Text, 800), Title = Short(passage.Title, 100) }).ToList();
        for (var i = 0; i < shown.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"\n[{context.FirstPassage + i}] {PromptComposer.OneLine(shown[i].Title)}: {PromptComposer.OneLine(shown[i].Text)}");
        return new ToolResult(text.ToString(), Passages: shown, FirstNumber: context.FirstPassage);
    }

    private static string Short(string text, int length) => text.Length > length ? text[..length] : text;
}
