using System.Net;
using Dapr.Actors;
using Dapr.Actors.Runtime;
using Microsoft.AspNetCore.Http;

namespace Agents.SdkTests.Actors;

public sealed class ActorStateTests
{
    private const string Store = "/v1.0/actors/Stateful/s/state";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_changes_of_a_turn_are_saved_together_and_what_was_read_is_kept()
    {
        await using var app = await StartAsync(async state =>
        {
            Assert.Equal(1, await state.GetStateAsync<int>("read", Cancelled));
            Assert.Equal(1, await state.GetStateAsync<int>("read", Cancelled));
            await state.SetStateAsync("set", new Step(2), Cancelled);
            await state.AddStateAsync("added", "a", Cancelled);
            await state.RemoveStateAsync("removed", Cancelled);
            Assert.False(await state.ContainsStateAsync("removed", Cancelled));
            Assert.Equal(new Step(2), await state.GetStateAsync<Step>("set", Cancelled));
        });
        app.Sidecar.Answer($"GET {Store}/read", 200, "1").Answer($"GET {Store}/added").Answer($"GET {Store}/removed", 200, "0");
        app.Sidecar.Answer($"PUT {Store}");

        await app.CallAsync("PUT /actors/Stateful/s/method/Run");
        Assert.Equal(
            """[{"operation":"upsert","request":{"key":"set","value":{"by":2,"lifeInSeconds":null}}},{"operation":"upsert","request":{"key":"added","value":"a"}},{"operation":"delete","request":{"key":"removed"}}]""",
            app.Sidecar.Received[^1].Body);
    }

    [Fact]
    public async Task A_turn_that_changes_nothing_saves_nothing()
    {
        await using var app = await StartAsync(async state =>
        {
            Assert.Equal(9, await state.GetOrAddStateAsync("n", 1, Cancelled));
            Assert.False(await state.TryAddStateAsync("n", 1, Cancelled));
            Assert.False(await state.TryRemoveStateAsync("gone", Cancelled));
            Assert.False((await state.TryGetStateAsync<int>("gone", Cancelled)).HasValue);
        });
        app.Sidecar.Answer($"GET {Store}/n", 200, "9").Answer($"GET {Store}/gone").Answer($"GET {Store}/gone");

        await app.CallAsync("PUT /actors/Stateful/s/method/Run");
    }

    [Fact]
    public async Task Missing_and_existing_values_are_told_by_the_official_exceptions()
    {
        await using var app = await StartAsync(async state =>
        {
            await Assert.ThrowsAsync<KeyNotFoundException>(() => state.GetStateAsync<int>("gone", Cancelled));
            await Assert.ThrowsAsync<KeyNotFoundException>(() => state.RemoveStateAsync("gone", Cancelled));
            await Assert.ThrowsAsync<InvalidOperationException>(() => state.AddStateAsync("n", 2, Cancelled));
            await Assert.ThrowsAsync<ArgumentNullException>(() => state.GetStateAsync<int>(null!, Cancelled));
        });
        app.Sidecar.Answer($"GET {Store}/gone").Answer($"GET {Store}/gone").Answer($"GET {Store}/n", 200, "1");

        await app.CallAsync("PUT /actors/Stateful/s/method/Run");
    }

    [Fact]
    public async Task A_time_to_live_is_whole_seconds_rounded_up_and_ends_the_value_in_the_cache_too()
    {
        var time = new SetTime();
        var turn = 0;
        await using var app = await StartAsync(async state =>
        {
            if (turn++ == 0)
            {
                await state.SetStateAsync("brief", 1, TimeSpan.FromMilliseconds(1500), Cancelled);
                Assert.Equal(5, await state.GetStateAsync<int>("read", Cancelled));
                return;
            }

            Assert.True(await state.ContainsStateAsync("brief", Cancelled));
            time.Advance(TimeSpan.FromSeconds(2));
            Assert.False(await state.ContainsStateAsync("brief", Cancelled));
            Assert.False((await state.TryGetStateAsync<int>("read", Cancelled)).HasValue);
        }, time);
        app.Sidecar.Answer($"PUT {Store}");
        app.Sidecar.Answer($"GET {Store}/read", context =>
        {
            context.Response.Headers["metadata.ttlExpireTime"] = "2026-01-01T00:00:01Z";
            return context.Response.WriteAsync("5");
        });

        await app.CallAsync("PUT /actors/Stateful/s/method/Run");
        await app.CallAsync("PUT /actors/Stateful/s/method/Run");

        var saved = app.Sidecar.Received.Single(request => request.Method == "PUT").Body;
        Assert.Equal("""[{"operation":"upsert","request":{"key":"brief","value":1,"metadata":{"ttlInSeconds":"2"}}}]""", saved);
    }

    [Fact]
    public async Task A_value_can_leave_the_cache_but_a_change_only_when_that_is_wanted()
    {
        await using var app = await StartAsync(async state =>
        {
            Assert.Equal(1, await state.GetStateAsync<int>("n", Cancelled));
            await state.UnloadStateAsync("n", null, Cancelled);
            Assert.Equal(2, await state.GetStateAsync<int>("n", Cancelled));
            await state.SetStateAsync("n", 3, Cancelled);
            await Assert.ThrowsAsync<InvalidOperationException>(() => state.UnloadStateAsync("n", null, Cancelled));
            await state.UnloadStateAsync("n", new UnloadStateOptions { AllowUnloadingWhenStateModified = true }, Cancelled);
        });
        app.Sidecar.Answer($"GET {Store}/n", 200, "1").Answer($"GET {Store}/n", 200, "2");

        await app.CallAsync("PUT /actors/Stateful/s/method/Run");
    }

    [Fact]
    public async Task A_call_that_comes_back_sees_and_saves_its_own_changes_only()
    {
        var turn = 0;
        var innerDone = new TaskCompletionSource();
        var outerIn = new TaskCompletionSource();
        await using var app = await StartAsync(async state =>
        {
            if (turn++ == 0)
            {
                await state.SetStateAsync("n", 1, Cancelled);
                outerIn.SetResult();
                await innerDone.Task.WaitAsync(Cancelled);
                return;
            }

            Assert.Equal(7, await state.GetStateAsync<int>("n", Cancelled));
        });
        app.Sidecar.Answer($"GET {Store}/n", 200, "7").Answer($"PUT {Store}");

        var outer = app.CallAsync("PUT /actors/Stateful/s/method/Run", null, HttpStatusCode.OK, ("Dapr-Reentrancy-Id", "chain"));
        await outerIn.Task.WaitAsync(Cancelled);
        await app.CallAsync("PUT /actors/Stateful/s/method/Run", null, HttpStatusCode.OK, ("Dapr-Reentrancy-Id", "chain"));
        innerDone.SetResult();
        await outer;

        Assert.All(app.Sidecar.Received, request => Assert.Equal("chain", request.Header("Dapr-Reentrancy-Id")));
    }

    [Fact]
    public async Task An_actor_in_a_unit_test_runs_on_what_the_test_gives_it()
    {
        var actor = new Plain(ActorHost.CreateForTest<Plain>(new ActorTestOptions { ActorId = new ActorId("test") }));

        Assert.Equal("a", await actor.Echo("a"));
        Assert.Equal("test", actor.Id.GetId());
        Assert.Throws<InvalidOperationException>(() => actor.StateManager);
        Assert.Throws<NotSupportedException>(() => actor.ProxyFactory.Create(new ActorId("b"), "Plain"));
    }

    private static async Task<ActorApp> StartAsync(Func<IActorStateManager, Task> turn, TimeProvider? time = null) => await ActorApp.StartAsync(
        options => options.Actors.RegisterActor<Stateful>(registration => registration.Activator = new Activator(turn)), time: time);

    private interface IStateful : IActor
    {
        Task Run();
    }

    private sealed class Stateful(ActorHost host, Func<IActorStateManager, Task> turn) : Actor(host), IStateful
    {
        public Task Run() => turn(StateManager);
    }

    private sealed class Activator(Func<IActorStateManager, Task> turn) : ActorActivator
    {
        public override Task<ActorActivatorState> CreateAsync(ActorHost host) => Task.FromResult(new ActorActivatorState(new Stateful(host, turn)));

        public override Task DeleteAsync(ActorActivatorState state) => Task.CompletedTask;
    }

    private sealed class SetTime : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => _now;

        public void Advance(TimeSpan by) => _now += by;
    }
}
