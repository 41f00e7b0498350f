using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Agents.Conversation.Catalog;
using Agents.Conversation.Hooks;

namespace Agents.Conversation.Tools;

/// <summary>One tool of an MCP server, among those that the agent's owner allowed.</summary>
/// <param name="tool">The server's own name of it.</param>
/// <param name="info">As the server describes it; null while it cannot be asked: the model may then try without a description.</param>
internal sealed partial class McpTool(ToolSpec spec, string tool, McpToolInfo? info, HookClient hooks) : ITool
{
    private const int MaxName = 64;

    private static readonly JsonNode AnyArguments = JsonNode.Parse("""{"type":"object"}""")!;

    public string Name { get; } = NameOf(spec.Name!, tool);

    public string Description => info?.Description ?? tool;

    public JsonNode Parameters { get; } = info?.Schema is { ValueKind: JsonValueKind.Object } schema ? JsonNode.Parse(schema.GetRawText())! : AnyArguments;

    public bool Repeatable => spec.Repeatable ?? false;

    public TimeSpan Limit => TimeSpan.FromSeconds(Seconds(spec) + 5);

    public async Task<ToolResult> RunAsync(ToolContext context, JsonElement arguments, CancellationToken cancellationToken)
    {
        var called = await hooks.CallAsync(
            context.Session.Tenant, context.Turn, new CallMcp(Server(spec), tool, arguments, context.EffectId), cancellationToken);
        return new ToolResult(called.Text, called.Failed);
    }

    internal static McpServer Server(ToolSpec spec) => new(spec.Url!, spec.Headers ?? new Dictionary<string, string>(), Seconds(spec));

    // Models take fewer characters than MCP does.
    private static string NameOf(string prefix, string tool)
    {
        var name = $"{prefix}_{NotInNames().Replace(tool, "_")}";
        return name.Length > MaxName ? name[..MaxName] : name;
    }

    private static int Seconds(ToolSpec spec) => spec.TimeoutSeconds ?? HttpTool.DefaultTimeoutSeconds;

    [GeneratedRegex("[^A-Za-z0-9_-]")]
    private static partial Regex NotInNames();
}
