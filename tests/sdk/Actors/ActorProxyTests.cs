using System.Security.Authentication;
using System.Text.Json;
using Agents.SdkTests.Scripted;
using Dapr;
using Dapr.Actors;
using Dapr.Actors.Client;
using Microsoft.AspNetCore.Http;

namespace Agents.SdkTests.Actors;

public sealed class ActorProxyTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_is_a_PUT_with_the_argument_as_JSON()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("PUT /v1.0/actors/Counter/a%2F1/method/Add", 200, "5").Answer("PUT /v1.0/actors/Counter/a%2F1/method/Tick", 200);
        sidecar.Answer("PUT /v1.0/actors/Counter/a%2F1/method/Set").Answer("PUT /v1.0/actors/Counter/a%2F1/method/Get", 200, """{"by":2}""");
        var proxy = Proxy(sidecar, "secret");

        Assert.Equal(5, await proxy.InvokeMethodAsync<Step, int>("Add", new Step(5), Cancelled));
        await proxy.InvokeMethodAsync("Tick", Cancelled);
        await proxy.InvokeMethodAsync("Set", new Step(1), Cancelled);
        Assert.Equal(new Step(2), await proxy.InvokeMethodAsync<Step>("Get", Cancelled));

        Assert.Equal(["""{"by":5,"lifeInSeconds":null}""", "", """{"by":1,"lifeInSeconds":null}""", ""], sidecar.Received.Select(it => it.Body));
        Assert.Equal("application/json; charset=utf-8", sidecar.Received[0].Header("Content-Type"));
        Assert.All(sidecar.Received, it => Assert.Equal("secret", it.Header("dapr-api-token")));
        Assert.Equal(("Counter", "a/1"), (proxy.ActorType, proxy.ActorId.GetId()));
    }

    [Theory]
    [InlineData(500, """{"errorCode":"ERR_ACTOR_INVOKE_METHOD","message":"error from actor service: (500) "}""", "ERR_ACTOR_INVOKE_METHOD", "error from actor service: (500) ")]
    [InlineData(403, """{"errorCode":"ERR_ACTOR_NOT_HOSTED","message":"no"}""", "ERR_ACTOR_NOT_HOSTED", "no")]
    [InlineData(502, "gateway", "UNKNOWN", "The sidecar answered 502: gateway")]
    public async Task A_refusal_says_what_the_sidecar_said(int status, string body, string code, string message)
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("PUT /v1.0/actors/Counter/a%2F1/method/Tick", async context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = body.StartsWith('{') ? "application/json" : "text/plain";
            await context.Response.WriteAsync(body);
        });

        var error = await Assert.ThrowsAsync<DaprApiException>(() => Proxy(sidecar).InvokeMethodAsync("Tick", Cancelled));

        Assert.Equal((code, message, false), (error.ErrorCode, error.Message, error.IsTransient));
    }

    [Fact]
    public async Task A_wrong_token_and_an_absent_sidecar_are_told_apart()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("PUT /v1.0/actors/Counter/a%2F1/method/Tick", 401, "invalid api token");
        var nowhere = ActorProxy.Create(new ActorId("a"), "Counter", new ActorProxyOptions { HttpEndpoint = "http://127.0.0.1:1" });

        await Assert.ThrowsAsync<AuthenticationException>(() => Proxy(sidecar).InvokeMethodAsync("Tick", Cancelled));
        await Assert.ThrowsAsync<HttpRequestException>(() => nowhere.InvokeMethodAsync("Tick", Cancelled));
    }

    [Fact]
    public async Task A_call_ends_when_its_time_is_over()
    {
        await using var sidecar = await ScriptedSidecar.StartAsync();
        sidecar.Answer("PUT /v1.0/actors/Counter/a/method/Tick", context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        var options = new ActorProxyOptions { HttpEndpoint = sidecar.Address, RequestTimeout = TimeSpan.FromMilliseconds(50) };

        await Assert.ThrowsAsync<TaskCanceledException>(() => ActorProxy.Create(new ActorId("a"), "Counter", options).InvokeMethodAsync("Tick", Cancelled));
    }

    [Fact]
    public void An_id_is_its_text()
    {
        Assert.Equal(new ActorId("a"), new ActorId("a"));
        Assert.NotEqual(new ActorId("a"), new ActorId("A"));
        Assert.NotEqual(ActorId.CreateRandom(), ActorId.CreateRandom());
        Assert.Equal("\"a\"", JsonSerializer.Serialize(new ActorId("a")));
        Assert.Equal(new ActorId("a"), JsonSerializer.Deserialize<ActorId>("\"a\""));
        Assert.Throws<ArgumentException>(() => new ActorId(" "));
    }

    private static ActorProxy Proxy(ScriptedSidecar sidecar, string? token = null) => new ActorProxyFactory(
        new ActorProxyOptions { HttpEndpoint = sidecar.Address, DaprApiToken = token }).Create(new ActorId("a/1"), "Counter");
}
