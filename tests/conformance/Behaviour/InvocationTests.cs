using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Agents.Conformance.Processes;
using Agents.Testing;

namespace Agents.Conformance.Behaviour;

public class InvocationTests
{
    [Fact]
    public async Task Each_event_of_a_stream_arrives_before_the_next_one_is_sent()
    {
        var cancel = TestContext.Current.CancellationToken;
        var go = new SemaphoreSlim(0);
        await using var world = new World();
        world.AddCaller("caller");
        world.AddApp("callee", async (call, http) =>
        {
            if (call.Path != "/stream") return;
            http.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 3; i++)
            {
                await http.Response.WriteAsync($"data: {i}\n\n", cancel);
                await http.Response.Body.FlushAsync(cancel);
                await go.WaitAsync(cancel);
            }
        });
        await world.StartAsync(cancel);
        using var response = await world.Api().Http.GetAsync("/v1.0/invoke/callee/method/stream", HttpCompletionOption.ResponseHeadersRead, cancel);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancel));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal($"data: {i}", await reader.ReadLineAsync(cancel));
            Assert.Equal("", await reader.ReadLineAsync(cancel));
            go.Release();
        }

        Assert.Null(await reader.ReadLineAsync(cancel));
    }

    [Fact]
    public async Task The_head_of_a_stream_arrives_before_its_first_byte_and_a_broken_end_is_seen()
    {
        var cancel = TestContext.Current.CancellationToken;
        var go = new TaskCompletionSource();
        await using var world = new World();
        world.AddCaller("caller");
        world.AddApp("callee", async (call, http) =>
        {
            if (call.Path != "/stream") return;
            http.Response.ContentType = "text/event-stream";
            await http.Response.Body.FlushAsync(cancel);
            await go.Task;
            await http.Response.WriteAsync("data: 1\n\n", cancel);
            await http.Response.Body.FlushAsync(cancel);
            http.Abort();
        });
        await world.StartAsync(cancel);
        using var response = await world.Api().Http.GetAsync("/v1.0/invoke/callee/method/stream", HttpCompletionOption.ResponseHeadersRead, cancel);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        go.SetResult();
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        await Assert.ThrowsAnyAsync<IOException>(() => new StreamReader(body).ReadToEndAsync(cancel));
    }

    [Fact]
    public async Task A_request_body_flows_while_the_app_reads_it()
    {
        var cancel = TestContext.Current.CancellationToken;
        var pieces = new ConcurrentQueue<string>();
        await using var world = new World();
        world.AddCaller("caller");
        var port = Ports.Next();
        await using var reader = new StreamingApp(port, pieces);
        await reader.StartAsync();
        world.AddEntry("callee", port);
        await world.StartAsync(cancel);
        using var body = new PushBody();
        var sending = world.Api().Http.PostAsync("/v1.0/invoke/callee/method/upload", body, cancel);
        foreach (var piece in (string[])["one", "two", "three"])
        {
            await body.PushAsync(piece);
            await Wait.UntilAsync(() => string.Concat(pieces).EndsWith(piece, StringComparison.Ordinal), $"the app has read '{piece}'", cancel);
        }

        body.End();
        Assert.Equal(HttpStatusCode.OK, (await sending).StatusCode);
    }

    [Fact]
    public async Task Replicas_take_turns_and_one_that_is_gone_is_passed_over()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.AddCaller("caller");
        var replicas = Enumerable.Range(0, 3).Select(_ => world.AddApp("callee", (_, _) => Task.CompletedTask)).ToList();
        await world.StartAsync(cancel);
        var api = world.Api();
        for (var i = 0; i < 30; i++) Assert.Equal(HttpStatusCode.OK, (await api.Http.GetAsync("/v1.0/invoke/callee/method/x", cancel)).StatusCode);
        Assert.All(replicas, replica => Assert.Equal(10, replica.CallsTo("/x").Count()));

        await replicas[1].StopAsync();
        for (var i = 0; i < 20; i++) Assert.Equal(HttpStatusCode.OK, (await api.Http.PostAsync("/v1.0/invoke/callee/method/y", new StringContent($"body {i}"), cancel)).StatusCode);
        var bodies = replicas.SelectMany(replica => replica.CallsTo("/y")).Select(call => call.Text).Order().ToList();
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"body {i}").Order(), bodies);
    }

    [Fact]
    public async Task A_caller_that_goes_away_takes_its_call_with_it()
    {
        var cancel = TestContext.Current.CancellationToken;
        var ended = new TaskCompletionSource();
        await using var world = new World();
        world.AddCaller("caller");
        var app = world.AddApp("callee", async (call, http) =>
        {
            if (call.Path != "/wait") return;
            http.RequestAborted.Register(ended.SetResult);
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        });
        await world.StartAsync(cancel);
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var call = world.Api().Http.GetAsync("/v1.0/invoke/callee/method/wait", caller.Token);
        await Wait.UntilAsync(() => app.CallsTo("/wait").Any(), "the app was called", cancel);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(5), cancel);
    }

    [Fact]
    public async Task No_more_calls_than_allowed_reach_the_app_at_the_same_time()
    {
        var cancel = TestContext.Current.CancellationToken;
        var (now, most) = (0, 0);
        var gate = new Lock();
        await using var world = new World();
        world.AddCaller("caller");
        world.AddApp(
            "callee",
            async (call, _) =>
            {
                if (call.Path != "/x") return;
                lock (gate) most = Math.Max(most, ++now);
                await Task.Delay(50, cancel);
                lock (gate) now--;
            },
            "  appMaxConcurrency: 2\n");
        await world.StartAsync(cancel);
        var api = world.Api();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => api.Http.GetAsync("/v1.0/invoke/callee/method/x", cancel)));
        Assert.Equal(2, most);
    }

    [Fact]
    public async Task A_stream_without_length_that_grows_too_large_is_refused()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.AddCaller("caller", "  maxBodySize: 64Ki\n");
        world.AddApp("callee", (_, _) => Task.CompletedTask);
        await world.StartAsync(cancel);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1.0/invoke/callee/method/x") { Content = new ByteArrayContent(new byte[100_000]) };
        request.Headers.TransferEncodingChunked = true;
        using var response = await world.Api().Http.SendAsync(request, cancel);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Contains("stream too large", await response.Content.ReadAsStringAsync(cancel), StringComparison.Ordinal);
    }

    /// <summary>An app that notes each piece of a request body when it comes.</summary>
    private sealed class StreamingApp(int port, ConcurrentQueue<string> pieces) : IAsyncDisposable
    {
        private WebApplication? _server;

        public Task StartAsync()
        {
            var builder = WebApplication.CreateEmptyBuilder(new());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
            _server = builder.Build();
            _server.Run(async http =>
            {
                var buffer = new byte[1024];
                while (await http.Request.Body.ReadAsync(buffer) is > 0 and var length)
                    pieces.Enqueue(Encoding.UTF8.GetString(buffer, 0, length));
            });
            return _server.StartAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (_server is not null) await _server.DisposeAsync();
        }
    }

    /// <summary>A request body of unknown length, sent piece by piece.</summary>
    private sealed class PushBody : HttpContent
    {
        private readonly System.Threading.Channels.Channel<string> _pieces = System.Threading.Channels.Channel.CreateUnbounded<string>();

        public ValueTask PushAsync(string piece) => _pieces.Writer.WriteAsync(piece);

        public void End() => _pieces.Writer.Complete();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await foreach (var piece in _pieces.Reader.ReadAllAsync())
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(piece));
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
