using System.Net;
using Agents.Conformance.Processes;

namespace Agents.Conformance.Behaviour;

public class FaultTests
{
    [Fact]
    public async Task Faults_come_and_go_as_asked()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.AddSqlite();
        var app = world.AddSubscriber("app", [World.Subscription("events", "/events")], (_, _) => Task.CompletedTask);
        await world.StartAsync(cancel, arguments: "--enable-fault-injection");
        var api = world.Api();
        await api.SaveAsync("store", "k", "v", cancel);

        await SetAsync(api, "store", new { mode = "down" }, cancel);
        using var down = await api.Http.GetAsync("/v1.0/state/store/k", cancel);
        Assert.Equal((HttpStatusCode.InternalServerError, "ERR_STATE_GET"), (down.StatusCode, await Api.ErrorCodeAsync(down, cancel)));
        Assert.Equal(HttpStatusCode.InternalServerError, await api.TrySaveAsync("store", "k", "w", cancel));
        await ClearAsync(api, "store", cancel);
        Assert.Equal("v", await api.GetAsync("store", "k", cancel));

        await SetAsync(api, "store", new { mode = "slow", delayMs = 300 }, cancel);
        var began = TimeProvider.System.GetTimestamp();
        await api.GetAsync("store", "k", cancel);
        Assert.True(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds >= 290);
        await SetAsync(api, "store", new { mode = "error", ratio = 0.5 }, cancel);
        var outcomes = new List<HttpStatusCode>();
        for (var i = 0; i < 100; i++) outcomes.Add(await api.TrySaveAsync("store", "k", "x", cancel));
        Assert.InRange(outcomes.Count(outcome => outcome == HttpStatusCode.InternalServerError), 20, 80);
        await ClearAsync(api, "store", cancel);

        await SetAsync(api, "pubsub", new { mode = "down" }, cancel);
        using var refused = await api.TryPublishAsync("pubsub", "events", "\"refused\"", cancel);
        Assert.Equal((HttpStatusCode.InternalServerError, "ERR_PUBSUB_PUBLISH_MESSAGE"), (refused.StatusCode, await Api.ErrorCodeAsync(refused, cancel)));
        await ClearAsync(api, "pubsub", cancel);
        await api.PublishAsync("pubsub", "events", "\"taken\"", cancel);
        await Wait.UntilAsync(() => app.CallsTo("/events").Any(), "the message came", cancel);
        Assert.DoesNotContain(app.CallsTo("/events"), call => call.Text.Contains("refused", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Deliveries_pause_while_the_broker_is_down()
    {
        var cancel = TestContext.Current.CancellationToken;
        var release = new TaskCompletionSource();
        await using var world = new World();
        world.AddSqlite();
        world.Place.AddComponent("pubsub", "pubsub.sqlite", ("connectionString", world.Place.PathTo("messages.db")), ("concurrency", "1"));
        var app = world.AddSubscriber("app", [World.Subscription("events", "/events")], (_, _) => release.Task);
        await world.StartAsync(cancel, arguments: "--enable-fault-injection");
        var api = world.Api();
        await api.PublishAsync("pubsub", "events", "1", cancel);
        await api.PublishAsync("pubsub", "events", "2", cancel);
        await Wait.UntilAsync(() => app.CallsTo("/events").Count() == 1, "the first message is being handled", cancel);
        await SetAsync(api, "pubsub", new { mode = "down" }, cancel);
        release.SetResult();
        Assert.False(await Wait.ForAsync(() => app.CallsTo("/events").Count() > 1, TimeSpan.FromMilliseconds(400), cancel));
        await ClearAsync(api, "pubsub", cancel);
        await Wait.UntilAsync(() => app.CallsTo("/events").Count() == 2, "the second message came after the pause", cancel);
    }

    [Fact]
    public async Task Without_the_flag_and_without_the_token_there_is_no_fault_injection()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var closed = new World();
        closed.AddSqlite();
        closed.AddCaller("app");
        await closed.StartAsync(cancel);
        Assert.Equal(HttpStatusCode.NotFound, await TrySetAsync(closed.Api(), "store", new { mode = "down" }, cancel));

        await using var guarded = new World();
        guarded.AddSqlite();
        guarded.AddCaller("app", "  env:\n    DAPR_API_TOKEN: secret\n");
        await guarded.StartAsync(cancel, arguments: "--enable-fault-injection");
        Assert.Equal(HttpStatusCode.Unauthorized, await TrySetAsync(guarded.Api(), "store", new { mode = "down" }, cancel));
        var api = guarded.Api();
        api.Http.DefaultRequestHeaders.Add("dapr-api-token", "secret");
        Assert.Equal(HttpStatusCode.NoContent, await TrySetAsync(api, "store", new { mode = "down" }, cancel));
        Assert.Equal(HttpStatusCode.NotFound, await TrySetAsync(api, "nosuch", new { mode = "down" }, cancel));
        Assert.Equal(HttpStatusCode.BadRequest, await TrySetAsync(api, "store", new { mode = "sleepy" }, cancel));
        Assert.Equal(HttpStatusCode.BadRequest, await TrySetAsync(api, "store", new { mode = "error", ratio = 2 }, cancel));
    }

    private static async Task SetAsync(Api api, string component, object fault, CancellationToken cancel) =>
        Assert.Equal(HttpStatusCode.NoContent, await TrySetAsync(api, component, fault, cancel));

    private static async Task<HttpStatusCode> TrySetAsync(Api api, string component, object fault, CancellationToken cancel) =>
        (await api.Http.PutAsJsonAsync($"/v1.0-local/faults/{component}", fault, cancel)).StatusCode;

    private static async Task ClearAsync(Api api, string component, CancellationToken cancel) =>
        Assert.Equal(HttpStatusCode.NoContent, (await api.Http.DeleteAsync($"/v1.0-local/faults/{component}", cancel)).StatusCode);
}
