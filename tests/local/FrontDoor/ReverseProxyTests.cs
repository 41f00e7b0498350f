using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Agents.Local.FrontDoor;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Agents.Local.Tests.FrontDoor;

public sealed class ReverseProxyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_arrives_before_the_answer_ends()
    {
        var seen = new TaskCompletionSource();
        await using var door = await FrontDoorFixture.StartAsync(Token, async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync(Token);
            await context.Response.WriteAsync("data: first\n\n", Token);
            await seen.Task.WaitAsync(Token);
            await context.Response.WriteAsync("data: last\n\n", Token);
        });

        using var response = await door.Client.GetAsync("/v1/sessions", HttpCompletionOption.ResponseHeadersRead, Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        Assert.Equal("data: first", await reader.ReadLineAsync(Token));
        seen.SetResult();
        Assert.Equal("\ndata: last\n\n", await reader.ReadToEndAsync(Token));
    }

    [Fact]
    public async Task Headers_of_a_silent_stream_arrive_at_once()
    {
        var seen = new TaskCompletionSource();
        await using var door = await FrontDoorFixture.StartAsync(Token, async context =>
        {
            await context.Response.Body.FlushAsync(Token);
            await seen.Task.WaitAsync(Token);
        });

        using var response = await door.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead, Token);
        seen.SetResult();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task An_upload_reaches_the_service_while_it_is_sent()
    {
        var received = new TaskCompletionSource<string>();
        await using var door = await FrontDoorFixture.StartAsync(Token, async context =>
        {
            var buffer = new byte[100];
            var count = await context.Request.Body.ReadAsync(buffer, Token);
            received.SetResult(Encoding.UTF8.GetString(buffer, 0, count));
            await context.Request.Body.CopyToAsync(Stream.Null, Token);
        });

        using var content = new TwoParts("first", received.Task, "second");
        using var response = await door.Client.PostAsync("/v1/collections", content, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("first", await received.Task);
    }

    [Fact]
    public async Task No_one_outside_speaks_as_a_service_or_a_sidecar()
    {
        await using var door = await FrontDoorFixture.StartAsync(Token, EchoHeaders);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/agents");
        string[] forged = ["x-agents-tenant", "X-Agents-Turn", "dapr-api-token", "Dapr-Caller-App-Id", "X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Hop"];
        foreach (var name in forged)
            request.Headers.Add(name, "forged");
        request.Headers.Connection.Add("x-hop");
        request.Headers.Add("X-Own", "kept");
        request.Headers.Add("Authorization", "Bearer key");

        var headers = await HeadersAsync(await door.Client.SendAsync(request, Token));
        Assert.DoesNotContain("forged", headers.Values);
        Assert.Equal(("kept", "Bearer key"), (headers["X-Own"], headers["Authorization"]));
        Assert.Equal(("127.0.0.1", "http", door.Client.BaseAddress!.Authority), (headers["X-Forwarded-For"], headers["X-Forwarded-Proto"], headers["X-Forwarded-Host"]));
        Assert.Equal(door.Client.BaseAddress.Authority, headers["Host"]);
    }

    [Fact]
    public async Task A_trace_is_kept_or_started()
    {
        await using var door = await FrontDoorFixture.StartAsync(Token, EchoHeaders);
        const string Own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("traceparent", Own);
        Assert.Equal(Own, (await HeadersAsync(await door.Client.SendAsync(request, Token)))["traceparent"]);

        using var handler = new SocketsHttpHandler { ActivityHeadersPropagator = null, UseProxy = false };
        using var bare = new HttpClient(handler) { BaseAddress = door.Client.BaseAddress };
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-01$", (await HeadersAsync(await bare.GetAsync("/", Token)))["traceparent"]);
    }

    [Theory]
    [InlineData("/v1/agents/a%2Fb%20c/%C3%BC?q=1%2B1&q=%20&empty=")]
    [InlineData("/v1/agents/plain")]
    public async Task The_target_arrives_as_it_was_written(string target)
    {
        await using var door = await FrontDoorFixture.StartAsync(
            Token, context => context.Response.WriteAsync(context.Features.Get<IHttpRequestFeature>()!.RawTarget));
        Assert.Equal(target, await door.Client.GetStringAsync(new Uri(door.Client.BaseAddress!, target), Token));
    }

    [Fact]
    public async Task Answers_come_back_unchanged()
    {
        await using var door = await FrontDoorFixture.StartAsync(Token, async context =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = "/elsewhere";
            context.Response.Headers.Append("Set-Cookie", "a=1");
            context.Response.Headers.Append("Set-Cookie", "b=2");
            context.Response.Headers["X-Name"] = "gr\u00fcn";
            context.Response.Headers.ContentEncoding = "gzip";
            await context.Response.Body.WriteAsync(new byte[] { 31, 139, 8 }, Token);
        });
        using var response = await door.Client.PostAsync("/v1/jobs", new StringContent("{}", MediaTypeHeaderValue.Parse("application/json")), Token);

        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.Equal("/elsewhere", response.Headers.Location!.OriginalString);
        Assert.Equal(["a=1", "b=2"], response.Headers.GetValues("Set-Cookie"));
        Assert.Equal("gzip", response.Content.Headers.ContentEncoding.Single());
        Assert.Equal([31, 139, 8], await response.Content.ReadAsByteArrayAsync(Token));
    }

    [Fact]
    public async Task Ready_replicas_take_turns()
    {
        await using var door = await FrontDoorFixture.StartAsync(Token, Say("a"), Say("b"), Say("c"));
        door.Replicas[2] = door.Replicas[2] with { IsReady = false };
        var answers = new List<string>();
        for (var i = 0; i < 6; i++)
            answers.Add(await door.Client.GetStringAsync("/", Token));
        Assert.Equal(3, answers.Count(answer => answer == "a"));
        Assert.Equal(3, answers.Count(answer => answer == "b"));
    }

    [Fact]
    public async Task A_replica_nobody_listens_at_is_passed_over_with_the_whole_body()
    {
        await using var door = await FrontDoorFixture.StartAsync(Token, async context => await context.Request.Body.CopyToAsync(context.Response.Body, Token));
        door.Replicas.Insert(0, new Upstream(FrontDoorFixture.Nobody, IsReady: true));
        for (var i = 0; i < 4; i++)
        {
            using var response = await door.Client.PostAsync("/v1/jobs", new StringContent("the body"), Token);
            Assert.Equal("the body", await response.Content.ReadAsStringAsync(Token));
        }
    }

    [Fact]
    public async Task A_replica_that_takes_no_connection_is_passed_over()
    {
        await using var fixture = await FrontDoorFixture.StartAsync(Token, context => context.Response.WriteAsync("here"));
        using var deaf = new TcpListener(IPAddress.Loopback, 0);
        deaf.Start(1);
        // What is waiting to be accepted fills its queue, and further connections get no answer.
        var waiting = Enumerable.Range(0, 4).Select(_ => new Socket(SocketType.Stream, ProtocolType.Tcp)).ToList();
        var opening = waiting.Select(socket => socket.ConnectAsync(deaf.LocalEndpoint, Token).AsTask()).ToList();
        fixture.Replicas.Insert(0, new Upstream(new Uri($"http://{deaf.LocalEndpoint}"), IsReady: true));

        for (var n = 0; n < 2; n++)
            Assert.Equal("here", await fixture.Client.GetStringAsync("/v1/sessions", Token));
        Assert.Contains(opening, connection => !connection.IsCompleted);
        waiting.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task A_replica_that_breaks_off_a_read_is_passed_over_and_a_write_is_not_repeated()
    {
        var calls = 0;
        RequestDelegate breaksOff = async context =>
        {
            Interlocked.Increment(ref calls);
            await context.Request.Body.CopyToAsync(Stream.Null, Token);
            context.Abort();
        };
        await using var door = await FrontDoorFixture.StartAsync(Token, breaksOff, Say("whole"));
        for (var i = 0; i < 2; i++)
            Assert.Equal("whole", await door.Client.GetStringAsync("/v1/agents", Token));
        Assert.NotEqual(0, calls);

        door.Replicas.RemoveAt(1);
        calls = 0;
        using var response = await door.Client.PostAsync("/v1/agents", new StringContent("{}"), Token);
        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(1, calls);
    }

    [Theory]
    [InlineData("/v1/agents", "conversation")]
    [InlineData("/v1/collections/x", "retrieval")]
    public async Task Without_a_replica_the_answer_says_so_and_when_to_come_back(string path, string app)
    {
        await using var door = await FrontDoorFixture.StartAsync(Token);
        door.Replicas.Add(new Upstream(FrontDoorFixture.Nobody, IsReady: true));
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        using var response = await door.Client.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter!.Delta);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token)).RootElement;
        Assert.Equal(503, problem.GetProperty("status").GetInt32());
        Assert.Contains(app, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", problem.GetProperty("trace_id").GetString());
    }

    [Fact]
    public async Task OpenAi_paths_answer_with_OpenAis_error_object()
    {
        await using var door = await FrontDoorFixture.StartAsync(Token);
        using var response = await door.Client.PostAsync("/v1/chat/completions", new StringContent("{}"), Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token)).RootElement.GetProperty("error");
        Assert.Equal("server_error", error.GetProperty("type").GetString());
        Assert.Contains("inference", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_request_at_the_service()
    {
        var arrived = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await using var door = await FrontDoorFixture.StartAsync(Token, async context =>
        {
            await context.Response.Body.FlushAsync(Token);
            arrived.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                ended.SetResult();
            }
        });

        using (var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token))
        {
            var request = door.Client.GetStringAsync("/v1/sessions", leaving.Token);
            await arrived.Task.WaitAsync(TimeSpan.FromSeconds(10), Token);
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        }

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(10), Token);
    }

    [Fact]
    public async Task Half_an_answer_does_not_look_like_a_whole_one()
    {
        await using var door = await FrontDoorFixture.StartAsync(Token, async context =>
        {
            await context.Response.WriteAsync("half", Token);
            await context.Response.Body.FlushAsync(Token);
            context.Abort();
        });
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => door.Client.GetStringAsync("/", Token));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_service_refuses_as_too_large_is_its_own_413(bool withLength)
    {
        await using var door = await FrontDoorFixture.StartAsync(Token, async context =>
        {
            try
            {
                await context.Request.Body.CopyToAsync(Stream.Null, Token);
            }
            catch (BadHttpRequestException e)
            {
                context.Response.StatusCode = e.StatusCode;
                await context.Response.WriteAsync("from the service", Token);
            }
        });
        using var content = new StreamContent(new MemoryStream(new byte[3 * 1024 * 1024]));
        if (!withLength)
            content.Headers.ContentLength = null;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/collections") { Content = content };
        request.Headers.TransferEncodingChunked = !withLength;
        request.Headers.ExpectContinue = true;
        using var response = await door.Client.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("from the service", await response.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task The_front_door_itself_stops_at_its_hard_limit()
    {
        await using var door = await FrontDoorFixture.StartAsync(Token, Say("never asked"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/collections") { Content = new Announced(FrontDoorServer.MaxBodyBytes + 1) };
        request.Headers.ExpectContinue = true;
        using var response = await door.Client.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Methods_that_speak_to_a_proxy_go_no_further()
    {
        await using var door = await FrontDoorFixture.StartAsync(Token, Say("never asked"));
        using var request = new HttpRequestMessage(HttpMethod.Trace, "/v1/agents");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await door.Client.SendAsync(request, Token)).StatusCode);
    }

    [Fact]
    public async Task Its_own_health_is_that_of_everything_behind_it()
    {
        await using var door = await FrontDoorFixture.StartAsync(Token);
        Assert.Equal(HttpStatusCode.OK, (await door.Client.GetAsync("/health/ready", Token)).StatusCode);
        door.IsReady = false;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await door.Client.GetAsync("/health/ready", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await door.Client.GetAsync("/health/live", Token)).StatusCode);
    }

    private static RequestDelegate Say(string text) => context => context.Response.WriteAsync(text);

    private static Task EchoHeaders(HttpContext context) =>
        context.Response.WriteAsJsonAsync(context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString()));

    private static async Task<Dictionary<string, string>> HeadersAsync(HttpResponseMessage response) => new(
        JsonSerializer.Deserialize<Dictionary<string, string>>(await response.Content.ReadAsStringAsync(Token))!, StringComparer.OrdinalIgnoreCase);

    /// <summary>Sends its second part only after something has happened.</summary>
    private sealed class TwoParts(string first, Task between, string second) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(first), Token);
            await stream.FlushAsync(Token);
            await between.WaitAsync(TimeSpan.FromSeconds(10), Token);
            await stream.WriteAsync(Encoding.UTF8.GetBytes(second), Token);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = first.Length + second.Length;
            return true;
        }
    }

    /// <summary>Announces a length and would fail if any of it were asked for.</summary>
    private sealed class Announced(long announced) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            throw new InvalidOperationException("The body was asked for.");

        protected override bool TryComputeLength(out long length)
        {
            length = announced;
            return true;
        }
    }
}
