using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Agents.Conversation.Hooks;
using Agents.Conversation.Models;
using Agents.Conversation.Tools;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Identity;
using Agents.Testing;
using Agents.Testing.Attacks;

namespace Agents.Torture;

/// <summary>
/// What conversation reads from others, made bad by a seed: streams of the gateway, answers of HTTP tools down to their bytes, answers of
/// MCP servers. Each ends in time, with a result or a refusal that the caller foresees, and no other exception.
/// </summary>
internal static class ParserFuzz
{
    private const int Workers = 4;
    private const int Seconds = 2;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    /// <summary>As many streams as asked for, an eighth as many answers of tools, a fortieth as many of MCP servers.</summary>
    public static async Task<bool> RunAsync(TortureOptions options, Action<string> say, CancellationToken cancellationToken)
    {
        var all = new List<Trials>
        {
            await ManyAsync("model streams", options, 1, StreamAsync, cancellationToken),
            await ToolsAsync(options, cancellationToken),
            await ServersAsync(options, cancellationToken),
        };
        foreach (var trials in all)
            say(trials.ToString());
        return all.All(trials => trials.Good);
    }

    private static async Task<Trials> ManyAsync(string what, TortureOptions options, int share, Func<Random, CancellationToken, Task> tryAsync, CancellationToken cancellationToken)
    {
        var trials = new Trials(what);
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(
            async () =>
            {
                for (var n = worker; n < options.Count / share; n += Workers)
                {
                    trials.Begin();
                    var (number, started) = (n, Stopwatch.GetTimestamp());
                    try
                    {
                        await tryAsync(new Random((options.Seed * 1_000_000) + n), cancellationToken);
                    }
                    catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
                    {
                        trials.Expect(false, () => $"seed {options.Seed}, number {number}: {exception.GetType().Name} {exception.Message}\n{exception.StackTrace}");
                    }
                    trials.Expect(Stopwatch.GetElapsedTime(started) < Soon, () => $"seed {options.Seed}, number {number}: it took {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
                }
            },
            cancellationToken)));
        return trials;
    }

    private static async Task StreamAsync(Random random, CancellationToken cancellationToken)
    {
        var text = Mutation.Of(Streams[random.Next(Streams.Length)], random);
        using var http = new HttpClient(new Scripted(Encoding.Latin1.GetBytes(text))) { BaseAddress = new Uri("http://gateway") };
        try
        {
            await foreach (var piece in new ModelClient(http).StreamAsync("default", CallContext.None, "any", [], null, cancellationToken))
            {
                foreach (var call in piece.Calls ?? [])
                    JsonSerializer.Serialize(call);
            }
        }
        catch (ProblemException)
        {
            // A refusal that its callers foresee.
        }
    }

    private static async Task<Trials> ToolsAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var serving = ServeAsync(listener, new Random(options.Seed), over.Token);
        using var egress = Egress($"127.0.0.1:{port}");
        var hook = new HttpHook(egress, TimeProvider.System);
        var trials = await ManyAsync(
            "tool answers", options, 8,
            async (_, token) =>
            {
                var sent = await hook.SendAsync(new SendHttp($"http://127.0.0.1:{port}/", "GET", new Dictionary<string, string>(), null, "key", Seconds), token);
                JsonSerializer.Serialize(sent, Json.Options);
            },
            cancellationToken);
        await over.CancelAsync();
        await serving;
        return trials;
    }

    /// <summary>Whatever is asked, an answer that was good once, byte for byte; then the end.</summary>
    private static async Task ServeAsync(TcpListener listener, Random random, CancellationToken cancellationToken)
    {
        var buffer = new byte[8_192];
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync(cancellationToken);
                if (await client.GetStream().ReadAsync(buffer, cancellationToken) > 0)
                    await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(Mutation.Of(Answers[random.Next(Answers.Length)], random)), cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // The other side had enough, or the run is over.
            }
        }
    }

    private static async Task<Trials> ServersAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var host = new ToolHost { Answer = AnswerMcpAsync };
        await host.StartAsync();
        using var egress = Egress(host.Address.Authority);
        var hook = new McpHook(egress, TimeProvider.System);
        return await ManyAsync(
            "MCP answers", options, 40,
            async (random, token) =>
            {
                // The server learns by its address which numbers to draw.
                var server = new McpServer($"{host.Address}{random.Next()}", new Dictionary<string, string>(), Seconds);
                var listed = await hook.ListAsync(new ListMcp(server, ["add"]), token);
                JsonSerializer.Serialize(listed, Json.Options);
                foreach (var tool in listed.Tools ?? [])
                {
                    var schema = JsonNode.Parse(tool.Schema?.GetRawText() ?? "{}")!;
                    SchemaCheck.Fault(schema, JsonSerializer.SerializeToElement(new { a = 1 }));
                    schema.DeepClone().ToJsonString();
                }
                JsonSerializer.Serialize(await hook.CallAsync(new CallMcp(server, "add", JsonSerializer.SerializeToElement(new { a = 1 }), "key"), token), Json.Options);
            },
            cancellationToken);
    }

    private static Task AnswerMcpAsync(HttpContext context, ReachedCall request)
    {
        var random = new Random(HashCode.Combine(request.Target, request.Body.Length));
        var asked = request.Body.Length > 0 ? JsonNode.Parse(request.Body) : null;
        if (asked?["id"] is not { } id)
        {
            context.Response.StatusCode = request.Method == "POST" ? 202 : 405;
            return Task.CompletedTask;
        }
        var result = asked.Text("method") switch
        {
            "initialize" => """{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"fake","version":"1"}}""",
            "tools/list" => """{"tools":[{"name":"add","description":"Adds.","inputSchema":{"type":"object","properties":{"a":{"type":"number","minimum":0}},"required":["a"]}}]}""",
            _ => """{"content":[{"type":"text","text":"3 added"},{"type":"image","data":"AAAA","mimeType":"image/png"}],"isError":false,"structuredContent":{"sum":3}}""",
        };
        var answer = $$"""{"jsonrpc":"2.0","id":{{id.ToJsonString()}},"result":{{result}}}""";
        // Half of the time the handshake is let through, so that what follows is met too.
        if (asked.Text("method") != "initialize" ? random.Next(10) > 0 : random.Next(4) == 0)
            answer = random.Next(3) == 0 ? Mutation.OfJson(answer, random) : Mutation.Of(answer, random);
        var stream = random.Next(3) == 0;
        context.Response.ContentType = stream ? "text/event-stream" : random.Next(20) == 0 ? "text/html" : "application/json";
        return context.Response.WriteAsync(stream ? $"event: message\ndata: {answer}\n\n" : answer, context.RequestAborted);
    }

    private static EgressClient Egress(string allowed) =>
        new(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>("Egress:Allow:0", allowed)]).Build());

    private static readonly string[] Streams =
    [
        """
        data: {"id":"x","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Good "},"finish_reason":null}],"usage":null}

        data: {"id":"x","choices":[{"index":0,"delta":{"content":"day.\n"},"finish_reason":"stop"}]}

        data: {"id":"x","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12,"cost_micros":"45"}}

        data: [DONE]


        """,
        """
        : a comment
        event: message
        id: 7
        data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"look","arguments":""}},{"index":1,"id":"call_2","function":{"name":"book","arguments":"{\"id\":"}}]}}]}

        data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}},{"index":1,"function":{"arguments":"\"a\"}"}}]},"finish_reason":"tool_calls"}]}

        data: [DONE]


        """,
        """
        data: {"choices":[{"index":0,"delta":{"content":"Half of"}}]}

        data: {"error":{"message":"The provider broke off.","type":"server_error","param":null,"code":"provider_cut"}}


        """,
    ];

    private static readonly string[] Answers =
    [
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"ok\": true}",
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: a\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Internal Server Error\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\nout of order",
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 2\r\n\r\nno",
    ];

    /// <summary>Answers every request with these bytes.</summary>
    private sealed class Scripted(byte[] body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("text/event-stream");
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content });
        }
    }
}
