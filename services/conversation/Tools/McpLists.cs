using System.Collections.Concurrent;
using System.Text.Json;
using Agents.Conversation.Catalog;
using Agents.Conversation.Hooks;
using Agents.Defaults.Api;

namespace Agents.Conversation.Tools;

/// <summary>What MCP servers say of their tools, remembered for a minute; while one does not answer, what it said last.</summary>
internal sealed class McpLists(HookClient hooks, TimeProvider time)
{
    private const int MaxServers = 1_000;
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Listed> _lists = new(StringComparer.Ordinal);

    /// <summary>The tools that an agent may use of a server.</summary>
    public async Task<IReadOnlyList<McpTool>> OpenAsync(string tenant, ToolSpec spec, CancellationToken cancellationToken)
    {
        var known = (await FindAsync(tenant, spec, cancellationToken)).GroupBy(tool => tool.Name).ToDictionary(same => same.Key, same => same.First());
        return [.. spec.Allow!.Distinct().Select(name => new McpTool(spec, name, known.GetValueOrDefault(name), hooks))];
    }

    private async Task<IReadOnlyList<McpToolInfo>> FindAsync(string tenant, ToolSpec spec, CancellationToken cancellationToken)
    {
        var key = $"{tenant} {Ids.Hash(JsonSerializer.Serialize(spec, Json.Options))}";
        if (_lists.TryGetValue(key, out var before) && time.GetElapsedTime(before.At) < before.For)
            return before.Tools;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        IReadOnlyList<McpToolInfo>? tools = null;
        try
        {
            tools = (await hooks.ListAsync(tenant, new ListMcp(McpTool.Server(spec), spec.Allow!), limit.Token)).Tools;
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // As when the server does not answer: the turn goes on with what is known.
        }
        if (_lists.Count >= MaxServers)
            _lists.Clear();
        var listed = new Listed(tools ?? before?.Tools ?? [], time.GetTimestamp(), tools is null ? TryAgain : Fresh);
        _lists[key] = listed;
        return listed.Tools;
    }

    private sealed record Listed(IReadOnlyList<McpToolInfo> Tools, long At, TimeSpan For);
}
