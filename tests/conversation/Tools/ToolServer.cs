using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Agents.Conversation.Tests.Tools;

/// <summary>A request as it reached the host of tools.</summary>
internal sealed record ToolRequest(string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>Hosts what tools of tests call: plain routes, and MCP servers. What no test foresees is a 501, which a test then sees.</summary>
internal sealed class ToolServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Func<HttpContext, ToolRequest, Task>> _routes = new();
    private readonly ConcurrentQueue<ToolRequest> _requests = new();
    private WebApplication? _app;
    private int _taken;

    /// <summary><c>host:port</c>.</summary>
    public string Authority => new Uri(_app!.Urls.Single()).Authority;

    /// <summary>A path of its own, with what it answers; gives its address.</summary>
    public string Route(Func<HttpContext, ToolRequest, Task> answer)
    {
        var path = $"/{Interlocked.Increment(ref _taken)}";
        _routes[path] = answer;
        return $"http://{Authority}{path}";
    }

    /// <summary>An MCP server: the tools it lists, and how it answers <c>tools/call</c>.</summary>
    public string Mcp(JsonArray tools, Func<JsonObject, JsonObject> call) => Route((context, request) => AnswerMcpAsync(context, request, tools, call));

    /// <summary>What was asked of an address.</summary>
    public IReadOnlyList<ToolRequest> Requests(string address) => [.. _requests.Where(request => FirstSegment(request.Path) == new Uri(address).AbsolutePath)];

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
        await _app.StartAsync();
    }

    public ValueTask DisposeAsync() => _app?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var request = new ToolRequest(
            context.Request.Method, context.Request.Path.Value!, context.Request.QueryString.Value!,
            context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()),
            await reader.ReadToEndAsync(context.RequestAborted));
        _requests.Enqueue(request);
        context.Response.StatusCode = StatusCodes.Status501NotImplemented;
        if (!_routes.TryGetValue(FirstSegment(request.Path), out var answer))
            return;
        context.Response.StatusCode = StatusCodes.Status200OK;
        await answer(context, request);
    }

    private static string FirstSegment(string path) => "/" + path.Split('/')[1];

    private static Task AnswerMcpAsync(HttpContext context, ToolRequest request, JsonArray tools, Func<JsonObject, JsonObject> call)
    {
        if (request.Method != "POST")
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return Task.CompletedTask;
        }
        var message = JsonNode.Parse(request.Body)!.AsObject();
        if (!message.ContainsKey("id"))
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return Task.CompletedTask;
        }
        var answer = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = message["id"]!.DeepClone() };
        JsonObject? result = message["method"]!.GetValue<string>() switch
        {
            "initialize" => new JsonObject
            {
                ["protocolVersion"] = "2025-06-18",
                ["capabilities"] = new JsonObject { ["tools"] = new JsonObject() },
                ["serverInfo"] = new JsonObject { ["name"] = "fake", ["version"] = "1" },
            },
            "tools/list" => new JsonObject { ["tools"] = tools.DeepClone() },
            "tools/call" => call(message["params"]!.AsObject()),
            _ => null,
        };
        if (result is null)
            answer["error"] = new JsonObject { ["code"] = -32601, ["message"] = "no such method" };
        else
            answer["result"] = result;
        return context.Response.WriteAsJsonAsync(answer, context.RequestAborted);
    }
}
