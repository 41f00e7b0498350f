using System.Net;
using Dapr.Actors;
using Dapr.Actors.Runtime;

namespace Agents.SdkTests.Actors;

public sealed class ActorHostingTests
{
    private const string Total = "/v1.0/actors/Counter/a1/state/total";

    [Fact]
    public async Task The_sidecar_learns_the_types_and_their_options()
    {
        await using var app = await ActorApp.StartAsync(options =>
        {
            options.ActorIdleTimeout = TimeSpan.FromMinutes(90);
            options.DrainRebalancedActors = true;
            options.ReentrancyConfig = new ActorReentrancyConfig { Enabled = true, MaxStackDepth = 8 };
            options.Actors.RegisterActor<Plain>("Short", new ActorRuntimeOptions { ActorIdleTimeout = TimeSpan.FromSeconds(3) });
        });

        Assert.Equal(
            """{"entities":["Counter","Plain","Short"],"actorIdleTimeout":"1h30m0s0ms","drainRebalancedActors":true,"reentrancy":{"enabled":true,"maxStackDepth":8},"entitiesConfig":[{"entities":["Short"],"actorIdleTimeout":"0h0m3s0ms","reentrancy":{"enabled":false}}]}""",
            await app.CallAsync("GET /dapr/config"));
    }

    [Fact]
    public async Task An_actor_lives_from_its_first_call_until_the_sidecar_lets_go_of_it()
    {
        await using var app = await ActorApp.StartAsync();

        Assert.Equal("", await app.CallAsync("PUT /actors/Counter/a1/method/Tick"));
        await app.CallAsync("PUT /actors/Counter/a1/method/Tick");
        await app.CallAsync("DELETE /actors/Counter/a1");
        await app.CallAsync("DELETE /actors/Counter/a1");
        await app.CallAsync("PUT /actors/Counter/a1/method/Tick");

        Assert.Equal(
            [
                "activated a1", "before Tick ActorInterfaceMethod", "tick", "before Tick ActorInterfaceMethod", "tick",
                "deactivated", "disposed", "activated a1", "before Tick ActorInterfaceMethod", "tick",
            ],
            app.Diary.Lines);
    }

    [Fact]
    public async Task A_method_gets_and_gives_JSON()
    {
        await using var app = await ActorApp.StartAsync();

        Assert.Equal("\"a\\u003Cb\"", await app.CallAsync("PUT /actors/Plain/p/method/Echo", "\"a<b\""));
        Assert.Equal("null", await app.CallAsync("PUT /actors/Plain/p/method/Echo", "null"));
    }

    [Theory]
    [InlineData("PUT /actors/Nobody/a/method/Tick", null, HttpStatusCode.NotFound, "This app hosts no actor type 'Nobody'.")]
    [InlineData("PUT /actors/Counter/a/method/Missing", null, HttpStatusCode.NotFound, "The actor type 'Counter' has no method 'Missing'.")]
    [InlineData("PUT /actors/Counter/a/method/DisposeAsync", null, HttpStatusCode.NotFound, "The actor type 'Counter' has no method 'DisposeAsync'.")]
    [InlineData("PUT /actors/Counter/a/method/Add", "[1]", HttpStatusCode.BadRequest, "The body is no argument of 'Add'")]
    [InlineData("PUT /actors/Counter/a/method/Add", "", HttpStatusCode.BadRequest, "The body is no argument of 'Add'")]
    [InlineData("PUT /actors/Counter/a/method/remind/r", "{", HttpStatusCode.BadRequest, "The body is no reminder")]
    [InlineData("PUT /actors/Counter/a/method/remind/r", "{\"data\":{\"d\":1}}", HttpStatusCode.BadRequest, "no Base64 text")]
    [InlineData("PUT /actors/Counter/a/method/timer/t", "{\"callback\":\"\"}", HttpStatusCode.BadRequest, "It names no callback.")]
    [InlineData("PUT /actors/Counter/a/method/timer/t", "[]", HttpStatusCode.BadRequest, "It is no JSON object.")]
    [InlineData("DELETE /actors/Nobody/a", null, HttpStatusCode.NotFound, "This app hosts no actor type 'Nobody'.")]
    public async Task A_call_that_reaches_no_actor_says_why(string request, string? body, HttpStatusCode status, string reason)
    {
        await using var app = await ActorApp.StartAsync();

        Assert.Contains(reason, await app.CallAsync(request, body, status), StringComparison.Ordinal);
        Assert.Empty(app.Diary.Lines);
    }

    [Fact]
    public async Task A_failed_turn_saves_nothing_and_forgets_what_it_changed()
    {
        await using var app = await ActorApp.StartAsync();
        app.Sidecar.Answer($"GET {Total}", 200, "7");

        await app.CallAsync("PUT /actors/Counter/a1/method/Fail", null, HttpStatusCode.InternalServerError);
        Assert.Equal("7", await app.CallAsync("PUT /actors/Counter/a1/method/Get"));

        Assert.Contains("failed Fail: The counter broke.", app.Diary.Lines);
    }

    [Fact]
    public async Task A_turn_whose_changes_cannot_be_saved_fails()
    {
        await using var app = await ActorApp.StartAsync();
        app.Sidecar.Answer($"GET {Total}").Answer($"GET {Total}", 200, "1");
        app.Sidecar.Answer("PUT /v1.0/actors/Counter/a1/state", 500, """{"errorCode":"ERR_ACTOR_STATE_TRANSACTION_SAVE","message":"full"}""");

        await app.CallAsync("PUT /actors/Counter/a1/method/Add", """{"by":5}""", HttpStatusCode.InternalServerError);

        Assert.Contains("failed Add: full", app.Diary.Lines);
        Assert.Equal("1", await app.CallAsync("PUT /actors/Counter/a1/method/Get"));
    }

    [Fact]
    public async Task The_sidecars_token_opens_the_handlers_and_the_health_check_needs_none()
    {
        await using var app = await ActorApp.StartAsync(token: "secret");

        await app.CallAsync("PUT /actors/Counter/a1/method/Tick", null, HttpStatusCode.Unauthorized);
        await app.CallAsync("GET /dapr/config", null, HttpStatusCode.Unauthorized);
        await app.CallAsync("DELETE /actors/Counter/a1", null, HttpStatusCode.Unauthorized, ("dapr-api-token", "wrong"));
        await app.CallAsync("PUT /actors/Counter/a1/method/Tick", null, HttpStatusCode.OK, ("dapr-api-token", "secret"));
        Assert.Equal("Healthy", await app.CallAsync("GET /healthz"));
    }

    [Fact]
    public void Classes_that_cannot_be_hosted_are_refused()
    {
        var actors = new ActorRuntimeOptions().Actors;
        actors.RegisterActor<Counter>();

        Assert.Throws<ArgumentException>(() => actors.RegisterActor<Counter>());
        Assert.Throws<ArgumentException>(() => actors.RegisterActor<WithoutInterface>());
        Assert.Throws<ArgumentException>(() => ActorTypeInformation.Get(typeof(string)));
        Assert.Throws<ArgumentException>(() => ActorTypeInformation.Get(typeof(Actor)));
        Assert.Equal("Counter", Assert.Single(actors).Type.ActorTypeName);
    }

    private sealed class WithoutInterface(ActorHost host) : Actor(host);
}
