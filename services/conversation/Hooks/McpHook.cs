using System.Text;
using System.Text.Json;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Agents.Conversation.Hooks;

/// <summary>
/// Talks to servers of the Model Context Protocol, over streamable HTTP only: its requests go to the one address that the agent's owner
/// gave. A connection lives for one question, so that nothing of one tenant's is there for another.
/// </summary>
internal sealed class McpHook(EgressClient egress, TimeProvider time)
{
    private const int MaxPages = 10;
    private const int MaxDescription = 2_000;
    private const int MaxSchema = 8_000;
    private const int MaxText = 64 * 1024;

    /// <summary>The wanted tools of a server, in the order in which they are wanted.</summary>
    public async Task<McpListed> ListAsync(ListMcp request, CancellationToken cancellationToken)
    {
        if (EgressClient.Fault(new Uri(request.Server.Url)) is not null)
            return new McpListed(null);
        using var limit = Limit(request.Server, cancellationToken);
        try
        {
            await using var client = await ConnectAsync(request.Server, null, limit.Token);
            var found = new Dictionary<string, Tool>();
            var page = new ListToolsRequestParams();
            for (var n = 0; n < MaxPages; n++)
            {
                var listed = await client.ListToolsAsync(page, limit.Token);
                foreach (var tool in listed.Tools.Where(tool => request.Names.Contains(tool.Name)))
                    found.TryAdd(tool.Name, tool);
                if (listed.NextCursor is null)
                    break;
                page = new ListToolsRequestParams { Cursor = listed.NextCursor };
            }
            return new McpListed([.. request.Names.Where(found.ContainsKey).Distinct().Select(name => Info(found[name]))]);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Somebody else's server: whatever it does wrong, its tools are not to be had now.
            return new McpListed(null);
        }
    }

    public async Task<McpCalled> CallAsync(CallMcp request, CancellationToken cancellationToken)
    {
        if (EgressClient.Fault(new Uri(request.Server.Url)) is { } fault)
            return new McpCalled(fault, Failed: true);
        using var limit = Limit(request.Server, cancellationToken);
        try
        {
            await using var client = await ConnectAsync(request.Server, request.Key, limit.Token);
            var result = await client.CallToolAsync(
                new CallToolRequestParams
                {
                    Name = request.Tool,
                    Arguments = request.Arguments.EnumerateObject().ToDictionary(property => property.Name, property => property.Value),
                },
                limit.Token);
            return new McpCalled(Text(result), result.IsError == true);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // As above; the model can read why.
            return new McpCalled(
                EgressClient.IsRefusal(exception) ? EgressClient.NotAllowed
                : exception is OperationCanceledException ? $"The server did not answer within {request.Server.TimeoutSeconds} seconds."
                : exception is ModelContextProtocol.McpProtocolException { Message: { Length: > 0 } said } ? $"The server refused: {Short(said, MaxDescription)}"
                : "The server does not answer as it should.",
                Failed: true);
        }
    }

    private Task<McpClient> ConnectAsync(McpServer server, string? key, CancellationToken cancellationToken)
    {
        var headers = new Dictionary<string, string>(server.Headers);
        if (key is not null)
            headers["Idempotency-Key"] = key;
        var transport = new HttpClientTransport(
            new HttpClientTransportOptions
            {
                Endpoint = new Uri(server.Url),
                TransportMode = HttpTransportMode.StreamableHttp,
                AdditionalHeaders = headers,
                EnableStandaloneGetStream = false,
                MaxReconnectionAttempts = 0,
            },
            egress.Http);
        return McpClient.CreateAsync(
            transport,
            new McpClientOptions
            {
                ClientInfo = new Implementation { Name = "agents", Version = "1" },
                // The caller's token ends it in time; a second timer for the same moment would end it now with one exception, now with another.
                InitializationTimeout = Timeout.InfiniteTimeSpan,
                TimeProvider = time,
            },
            cancellationToken: cancellationToken);
    }

    private static CancellationTokenSource Limit(McpServer server, CancellationToken cancellationToken)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(server.TimeoutSeconds));
        return limit;
    }

    private static McpToolInfo Info(Tool tool) => new(
        tool.Name, Short(tool.Description ?? tool.Name, MaxDescription), tool.InputSchema.GetRawText().Length > MaxSchema ? null : tool.InputSchema);

    // What is no text a model could not read here anyway; it is named, so that the model knows of it.
    private static string Text(CallToolResult result)
    {
        var text = new StringBuilder();
        foreach (var block in result.Content)
            text.Append(text.Length > 0 ? "\n" : "").Append(block is TextContentBlock said ? said.Text : $"[{block.Type}]");
        if (text.Length == 0 && result.StructuredContent is { ValueKind: not JsonValueKind.Undefined } structured)
            text.Append(structured.GetRawText());
        return text.Length == 0 ? "Done." : Short(text.ToString(), MaxText);
    }

    private static string Short(string text, int length) => text.Length > length ? text[..length] : text;
}
