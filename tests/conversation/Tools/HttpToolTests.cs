using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Agents.Testing;
using Agents.Testing.Attacks;
using Agents.Testing.FakeModels;
using Xunit;

namespace Agents.Conversation.Tests.Tools;

/// <summary>Tools that are HTTP requests, asked for by a scripted model that does whatever it likes.</summary>
public sealed class HttpToolTests(ConversationStack stack)
{
    private static readonly object Schema = new
    {
        type = "object",
        properties = new { id = new { type = "string", maxLength = 20 }, amount = new { type = "integer", minimum = 1 } },
        required = new[] { "id" },
        additionalProperties = false,
    };

    [Fact]
    public async Task Arguments_fill_address_and_body_and_the_result_reaches_the_model_and_the_stream()
    {
        var token = TestContext.Current.CancellationToken;
        var url = stack.Tools.Route((context, request) => context.Response.WriteAsync($"booked for {request.Path.Split('/')[2]}"));
        var model = stack.Models.NewModel(Reply.ToolCall("book", """{"id":"a/b","amount":3}"""), Reply.Text("Booked."));
        var agent = await stack.NewAgentAsync(
            model, token, new { type = "http", name = "book", description = "Books.", url = url + "/{id}", headers = new Dictionary<string, string> { ["X-Team"] = "travel" }, parameters = Schema });

        var frames = new List<Frame>();
        await foreach (var frame in stack.Operator.StreamAsync("/v1/sessions", new { agent, input = "Book it.", stream = true }, token))
            frames.Add(frame);

        var sent = Assert.Single(stack.Tools.Requests(url));
        Assert.Equal(("POST", """{"amount":3}""", "travel"), (sent.Method, sent.Body, sent.Headers["x-team"]));
        Assert.EndsWith("/a%2Fb", sent.Path, StringComparison.Ordinal);
        Assert.Equal(["turn.started", "turn.tool", "turn.tool", "turn.delta", "turn.completed"], frames.Select(frame => frame.Event));
        Assert.Equal(["started", "done"], frames.Where(frame => frame.Event == "turn.tool").Select(frame => frame.Data.Text("status")));
        Assert.Equal(sent.Headers["idempotency-key"], frames[1].Data.Text("tool_call_id"));
        Assert.DoesNotContain(sent.Headers.Keys, header => header.StartsWith("dapr", StringComparison.Ordinal) || header.StartsWith("x-agents", StringComparison.Ordinal) || header == "authorization");
        Assert.Equal("book", stack.Models.Requests(model)[0].Body.List("tools")[0]!["function"].Text("name"));
        Assert.Equal("booked for a%2Fb", ToolResults(model).Single());
    }

    [Fact]
    public async Task Calls_of_one_round_run_side_by_side()
    {
        var token = TestContext.Current.CancellationToken;
        var here = 0;
        var both = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var url = stack.Tools.Route(async (context, _) =>
        {
            if (Interlocked.Increment(ref here) == 2)
                both.SetResult();
            await both.Task.WaitAsync(TimeSpan.FromSeconds(10), context.RequestAborted);
            await context.Response.WriteAsync("met");
        });
        var model = stack.Models.NewModel(Reply.ToolCalls(("meet", "{}"), ("meet", "{}")), Reply.Text("Done."));
        await AskAsync(model, token, new { type = "http", name = "meet", url });
        Assert.Equal(["met", "met"], ToolResults(model));
    }

    [Fact]
    public async Task Whatever_goes_wrong_is_a_result_that_the_model_can_read()
    {
        var token = TestContext.Current.CancellationToken;
        var strict = stack.Tools.Route((context, _) => context.Response.WriteAsync("never"));
        var failing = stack.Tools.Route((context, _) =>
        {
            context.Response.StatusCode = 500;
            return context.Response.WriteAsync("out of order");
        });
        var redirecting = stack.Tools.Route((context, _) =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = strict;
            return Task.CompletedTask;
        });
        var slow = stack.Tools.Route((context, _) => Task.Delay(TimeSpan.FromSeconds(30), context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        var endless = stack.Tools.Route(async (context, _) =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.WriteAsync(new string('x', 10_000));
        });
        var model = stack.Models.NewModel(
            Reply.ToolCalls(
                ("strict", """{"amount":1}"""), ("strict", """{"id":"x","amount":0}"""), ("strict", """{"id":"x","more":1}"""), ("strict", """{"id":"a","id":"b"}"""),
                ("strict", "[1,"), ("strict", $$"""{"id":"{{new string('x', 5_000)}}"}"""), ("delete_all", "{}"), ("strict", """{"id":".."}""")),
            Reply.ToolCalls(("failing", "{}"), ("redirecting", "{}"), ("slow", "{}"), ("endless", "{}"), ("gone", "{}"), ("inside", "{}"), ("sidecar", "{}")),
            Reply.Text("I see."));
        var port = stack.Host.Services.First(child => child.AppId == "conversation").DaprHttpPort;

        await AskAsync(
            model, token, new { type = "http", name = "strict", url = strict + "/{id}", parameters = Schema }, Tool("failing", failing), Tool("redirecting", redirecting), Tool("slow", slow, 1),
            Tool("endless", endless), Tool("gone", "http://does-not-exist.invalid/"), Tool("inside", "http://169.254.169.254/latest/meta-data"),
            Tool("sidecar", $"http://127.0.0.1:{port.GetValueOrDefault()}/v1.0/secrets/secrets/bulk"));

        var results = ToolResults(model);
        Assert.All(results.Take(4), result => Assert.Contains("arguments", result, StringComparison.Ordinal));
        Assert.Contains("lacks 'id'", results[0], StringComparison.Ordinal);
        Assert.Contains("at least 1", results[1], StringComparison.Ordinal);
        Assert.Contains("must not have 'more'", results[2], StringComparison.Ordinal);
        Assert.Contains("JSON object", results[4], StringComparison.Ordinal);
        Assert.Contains("no tool of that name", results[6], StringComparison.Ordinal);
        Assert.Contains("address is missing", results[7], StringComparison.Ordinal);
        Assert.Empty(stack.Tools.Requests(strict));
        Assert.Equal("Status 500. out of order", results[8]);
        Assert.Contains("not followed", results[9], StringComparison.Ordinal);
        Assert.Contains("within 1 seconds", results[10], StringComparison.Ordinal);
        Assert.EndsWith("[cut: the result is longer]", results[11], StringComparison.Ordinal);
        Assert.InRange(results[11].Length, 5_000, 5_100);
        Assert.Contains("does not answer", results[12], StringComparison.Ordinal);
        Assert.Contains("not allowed", results[13], StringComparison.Ordinal);
        Assert.Contains("not allowed", results[14], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_asks_for_ever_and_for_a_thousand_tools_at_once_comes_to_an_end()
    {
        var token = TestContext.Current.CancellationToken;
        var keys = new ConcurrentBag<string>();
        var url = stack.Tools.Route((context, request) =>
        {
            keys.Add(request.Headers["idempotency-key"]);
            return context.Response.WriteAsync("ok");
        });
        var model = stack.Models.NewModel(Reply.ToolCalls([.. Enumerable.Range(0, 1_000).Select(n => ("again", string.Create(CultureInfo.InvariantCulture, $$"""{"n":{{n}}}""")))]));
        var turn = await AskAsync(model, token, Tool("again", url));

        Assert.Equal("completed", turn.Text("status"));
        Assert.Equal(9, stack.Models.Requests(model).Count);
        Assert.Null(stack.Models.Requests(model)[^1].Body["tools"]);
        Assert.Equal(64, keys.Count);
        Assert.Equal(64, keys.Distinct().Count());
    }

    [Fact]
    public async Task A_model_that_wants_more_than_it_may_reaches_a_tool_only_as_its_owner_foresaw()
    {
        var trials = await new AgencyAttack(stack, stack.Attacked, seed: 36).RunAsync(30, TestContext.Current.CancellationToken);
        Assert.True(trials.Good, trials.ToString());
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public async Task A_tool_that_was_under_way_when_its_replica_died_is_repeated_only_if_it_bears_it(bool repeatable, int expected)
    {
        var token = TestContext.Current.CancellationToken;
        var first = true;
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var url = stack.Tools.Route(async (context, _) =>
        {
            if (first)
            {
                first = false;
                reached.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                return;
            }
            await context.Response.WriteAsync("paid once");
        });
        var model = stack.Models.NewModel(Reply.ToolCall("pay", "{}"), Reply.Text("Done."));
        var agent = await stack.NewAgentAsync(model, token, new { type = "http", name = "pay", url, repeatable, timeout_seconds = 30 });
        var (doomed, other) = (stack.At("conversation", 0, stack.Host.ApiKey), stack.At("conversation", 1, stack.Host.ApiKey));
        var session = (await other.CreateAsync("/v1/sessions", new { agent }, token)).Text("id");
        var asked = doomed.TryAsync(HttpMethod.Post, $"/v1/sessions/{session}/turns", new { input = "Pay." }, token);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(20), token);
        var replica = stack.Host.Services.Single(child => child is { AppId: "conversation", Replica: 0 });

        replica.Kill();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => asked);
        JsonNode? turn = null;
        await Eventually.TrueAsync(
            async () => (turn = (await other.GetAsync($"/v1/sessions/{session}/turns", token)).List("data")[0]).Text("status") == "completed", "the turn is taken over", token);

        Assert.Equal("Done.", turn!["output"].Text("text"));
        var sent = stack.Tools.Requests(url);
        Assert.Equal(expected, sent.Count);
        Assert.Single(sent.Select(request => request.Headers["idempotency-key"]).Distinct());
        Assert.Equal(repeatable ? "paid once" : "Interrupted: whether this call took effect is not known. It was not repeated.", ToolResults(model).Single());
        await replica.WaitUntilReadyAsync(token);
    }

    private static object Tool(string name, string url, int seconds = 5) => new { type = "http", name, url, timeout_seconds = seconds };

    private async Task<JsonNode> AskAsync(string model, CancellationToken token, params object[] tools)
    {
        var agent = await stack.NewAgentAsync(model, token, tools);
        return (await stack.Operator.CreateAsync("/v1/sessions", new { agent, input = "Go." }, token))["turn"]!;
    }

    private List<string> ToolResults(string model) =>
        [.. stack.Models.Requests(model)[^1].Body.List("messages").Where(message => message.Text("role") == "tool").Select(message => message.Text("content"))];
}
