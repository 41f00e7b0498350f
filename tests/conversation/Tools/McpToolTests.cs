using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Tools;

/// <summary>Tools of MCP servers, good ones and others.</summary>
public sealed class McpToolTests(ConversationStack stack)
{
    [Fact]
    public async Task Only_allowed_tools_are_offered_and_called_with_arguments_that_fit_the_servers_schema()
    {
        var token = TestContext.Current.CancellationToken;
        var url = stack.Tools.Mcp(
            [Described("add", """{"type":"object","properties":{"a":{"type":"number"}},"required":["a"]}"""), Described("drop.all", """{"type":"object"}""")],
            call => new JsonObject { ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = $"{call["arguments"]!["a"]} added" }) });
        var model = stack.Models.NewModel(
            Reply.ToolCalls(("calc_add", """{"a":2}"""), ("calc_add", """{"a":"two"}"""), ("calc_drop_all", "{}"), ("drop.all", "{}")), Reply.Text("Done."));
        var agent = await stack.NewAgentAsync(
            model, token, new { type = "mcp", name = "calc", url, allow = new[] { "add" }, headers = new Dictionary<string, string> { ["Authorization"] = "Bearer of the agent" } });

        await stack.Operator.CreateAsync("/v1/sessions", new { agent, input = "Add." }, token);

        Assert.Equal("calc_add", Assert.Single(stack.Models.Requests(model)[0].Body.List("tools"))!["function"].Text("name"));
        var results = Results(model);
        Assert.Equal("2 added", results[0]);
        Assert.Contains("must be of type number", results[1], StringComparison.Ordinal);
        Assert.All(results.Skip(2), result => Assert.Contains("no tool of that name", result, StringComparison.Ordinal));
        var sent = stack.Tools.Requests(url);
        Assert.All(sent, request => Assert.Equal("Bearer of the agent", request.Headers["authorization"]));
        Assert.Single(sent, request => request.Body.Contains("tools/call", StringComparison.Ordinal));
        Assert.EndsWith(".0.0", sent.Single(request => request.Body.Contains("tools/call", StringComparison.Ordinal)).Headers["idempotency-key"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_fails_lies_floods_or_is_not_allowed_costs_a_result_and_not_the_turn()
    {
        var token = TestContext.Current.CancellationToken;
        var failing = stack.Tools.Mcp(
            [Described("x", """{"type":["object",7],"required":[{}],"properties":[]}""")],
            _ => new JsonObject { ["isError"] = true, ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = "no stock" }) });
        var nonsense = stack.Tools.Route((context, _) => context.Response.WriteAsync("<html>"));
        var flooding = stack.Tools.Route(async (context, _) =>
        {
            context.Response.ContentType = "application/json";
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.WriteAsync(new string('[', 10_000));
        });
        var silent = stack.Tools.Route((context, _) => Task.Delay(TimeSpan.FromSeconds(30), context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        var model = stack.Models.NewModel(
            Reply.ToolCalls(("failing_x", "{}"), ("nonsense_x", "{}"), ("flooding_x", "{}"), ("silent_x", "{}"), ("inside_x", "{}")), Reply.Text("I see."));
        var agent = await stack.NewAgentAsync(
            model, token, Server("failing", failing), Server("nonsense", nonsense), Server("flooding", flooding), Server("silent", silent), Server("inside", "http://10.0.0.1/mcp"));

        var turn = (await stack.Operator.CreateAsync("/v1/sessions", new { agent, input = "Try." }, token))["turn"];

        Assert.Equal("I see.", turn!["output"].Text("text"));
        var results = Results(model);
        Assert.Equal("no stock", results[0]);
        Assert.Contains("does not answer as it should", results[1], StringComparison.Ordinal);
        Assert.Contains("does not answer as it should", results[2], StringComparison.Ordinal);
        Assert.Contains("did not answer within 2 seconds", results[3], StringComparison.Ordinal);
        Assert.Contains("not allowed", results[4], StringComparison.Ordinal);
    }

    private static object Server(string name, string url) => new { type = "mcp", name, url, allow = new[] { "x" }, timeout_seconds = 2 };

    private static JsonObject Described(string name, string schema) => new() { ["name"] = name, ["description"] = name, ["inputSchema"] = JsonNode.Parse(schema) };

    private List<string> Results(string model) =>
        [.. stack.Models.Requests(model)[^1].Body.List("messages").Where(message => message.Text("role") == "tool").Select(message => message.Text("content"))];
}
