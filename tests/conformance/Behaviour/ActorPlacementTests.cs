using Agents.Conformance.Processes;

namespace Agents.Conformance.Behaviour;

public class ActorPlacementTests
{
    private const int Actors = 60;
    private const string Probes = "  enableAppHealthCheck: true\n  appHealthProbeInterval: 1\n  appHealthProbeTimeout: 300\n  appHealthThreshold: 2\n";

    [Fact]
    public async Task Actors_spread_over_replicas_and_only_those_of_a_lost_or_new_one_move()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var actors = new ActorWorld();
        for (var i = 0; i < 3; i++) actors.AddReplica();
        await actors.StartAsync(cancel);
        var all = await HomesAsync(actors, 0, cancel);
        Assert.All(all.Values.CountBy(home => home), home => Assert.InRange(home.Value, 5, 40));
        Assert.Equal(all, await HomesAsync(actors, 2, cancel));

        await actors.Replicas[1].StopAsync();
        var two = await HomesAsync(actors, 0, cancel);
        Assert.All(all, actor => Assert.True(actor.Value == "replica-1" ? two[actor.Key] != "replica-1" : two[actor.Key] == actor.Value));
        foreach (var app in actors.Replicas) app.Calls.Clear();

        await actors.Replicas[1].StartAsync();
        await Wait.UntilAsync(async () => all.SequenceEqual(await HomesAsync(actors, 0, cancel)), "the actors are where they were at first", cancel);

        // The replicas that had them meanwhile were told, each once, and no other actor was let go.
        var moved = all.Where(actor => actor.Value == "replica-1").Select(actor => $"/actors/T/{actor.Key}").Order();
        Assert.Equal(moved, actors.Replicas.SelectMany(app => app.Calls).Where(call => call.Method == "DELETE").Select(call => call.Path).Order());
    }

    [Fact]
    public async Task A_turn_under_way_ends_before_its_actor_moves_and_calls_that_wait_follow_it()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var actors = new ActorWorld { Config = "\"drainOngoingCallTimeout\":\"10s\",\"drainRebalancedActors\":true" };
        for (var i = 0; i < 2; i++) actors.AddReplica();
        await actors.StartAsync(cancel);
        var mover = (await HomesAsync(actors, 0, cancel)).First(actor => actor.Value == "replica-1").Key;
        await actors.Replicas[1].StopAsync();
        Assert.Equal("replica-0", await ActorWorld.CallAsync(actors.World.Api(), mover, cancel));

        var release = new TaskCompletionSource();
        actors.Method = (_, call, _) => call.Path.EndsWith("/slow", StringComparison.Ordinal) ? release.Task : Task.CompletedTask;
        var slow = ActorWorld.CallAsync(actors.World.Api(), mover, cancel, "slow");
        await Wait.UntilAsync(() => actors.Calls(mover, "method/slow").Any(), "the turn is under way", cancel);
        var waiting = Enumerable.Range(0, 3).Select(_ => ActorWorld.CallAsync(actors.World.Api(), mover, cancel)).ToList();
        await actors.Replicas[1].StartAsync();
        await Wait.UntilAsync(() => actors.Replicas[1].CallsTo("/dapr/config").Count() > 1, "the replica is back", cancel);
        Assert.False(await Wait.ForAsync(() => actors.Calls(mover).Any(), TimeSpan.FromMilliseconds(300), cancel), "let go in the middle of a turn");
        release.SetResult();
        Assert.Equal("replica-0", await slow);
        Assert.All(await Task.WhenAll(waiting), home => Assert.Equal("replica-1", home));
        Assert.Single(actors.Calls(mover));
        Assert.Equal(0, actors.Overlaps);
    }

    [Fact]
    public async Task A_turn_under_way_ends_although_its_app_takes_no_new_calls()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var actors = new ActorWorld { Config = "\"drainOngoingCallTimeout\":\"10s\"" };
        for (var i = 0; i < 2; i++) actors.AddReplica();
        await actors.StartAsync(cancel);
        var movers = (await HomesAsync(actors, 0, cancel)).Where(actor => actor.Value == "replica-1").Select(actor => actor.Key).ToList();
        var release = new TaskCompletionSource();
        actors.Method = (_, call, _) => call.Path.EndsWith("/slow", StringComparison.Ordinal) ? release.Task : Task.CompletedTask;
        var slow = ActorWorld.CallAsync(actors.World.Api(), movers[0], cancel, "slow");
        await Wait.UntilAsync(() => actors.Calls(movers[0], "method/slow").Any(), "the turn is under way", cancel);

        var leaving = actors.Replicas[1].DrainAsync(cancel);
        await Wait.UntilAsync(async () => await AnsweredByAsync(actors, movers[1], cancel) == "replica-0", "the others have moved", cancel);
        Assert.False(await Wait.ForAsync(() => slow.IsCompleted, TimeSpan.FromMilliseconds(300), cancel), "broken off in the middle of a turn");
        release.SetResult();
        Assert.Equal("replica-1", await slow);
        await leaving;
        Assert.Equal("replica-0", await ActorWorld.CallAsync(actors.World.Api(), movers[0], cancel));
        Assert.Equal(0, actors.Overlaps);
    }

    [Fact]
    public async Task A_turn_that_outlasts_the_drain_time_is_broken_off()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var actors = new ActorWorld { Config = "\"drainOngoingCallTimeout\":\"300ms\"" };
        for (var i = 0; i < 2; i++) actors.AddReplica();
        await actors.StartAsync(cancel);
        var mover = (await HomesAsync(actors, 0, cancel)).First(actor => actor.Value == "replica-1").Key;
        await actors.Replicas[1].StopAsync();
        // A call that meets the move may be broken off as well: the short drain time is for every turn.
        await Wait.UntilAsync(async () => await AnsweredByAsync(actors, mover, cancel) == "replica-0", "the actor has moved", cancel);
        actors.Method = (_, call, http) => call.Path.EndsWith("/stuck", StringComparison.Ordinal) ? Task.Delay(Timeout.Infinite, http.RequestAborted) : Task.CompletedTask;
        var stuck = ActorWorld.TryCallAsync(actors.World.Api(), mover, cancel, "stuck");
        await Wait.UntilAsync(() => actors.Calls(mover, "method/stuck").Any(), "the turn is under way", cancel);
        await actors.Replicas[1].StartAsync();
        using var answer = await stuck;
        Assert.Equal("ERR_ACTOR_INVOKE_METHOD", await Api.ErrorCodeAsync(answer, cancel));
        Assert.Equal("replica-1", await ActorWorld.CallAsync(actors.World.Api(), mover, cancel));
    }

    [Fact]
    public async Task A_replica_that_no_longer_answers_probes_loses_its_actors_and_is_told_when_it_is_back()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var actors = new ActorWorld { Config = "\"drainOngoingCallTimeout\":\"100ms\"" };
        for (var i = 0; i < 2; i++) actors.AddReplica(Probes);
        var paused = false;
        var resumed = new TaskCompletionSource();
        await actors.StartAsync(cancel);
        var mover = (await HomesAsync(actors, 0, cancel)).First(actor => actor.Value == "replica-1").Key;
        actors.Replicas[1].Before = () => paused ? resumed.Task : Task.CompletedTask;
        paused = true;

        // A call that meets the pause is broken off when the actor leaves.
        using var broken = await ActorWorld.TryCallAsync(actors.World.Api(), mover, cancel);
        Assert.Equal("ERR_ACTOR_INVOKE_METHOD", await Api.ErrorCodeAsync(broken, cancel));
        Assert.Equal("replica-0", await ActorWorld.CallAsync(actors.World.Api(), mover, cancel));
        Assert.Empty(actors.Calls(mover));
        paused = false;
        resumed.SetResult();
        await Wait.UntilAsync(() => actors.Replicas[1].Calls.Any(call => call.Method == "DELETE" && call.Path == $"/actors/T/{mover}"), "it was told", cancel);
        await Wait.UntilAsync(async () => await AnsweredByAsync(actors, mover, cancel) == "replica-1", "the actor is back", cancel);
    }

    [Fact]
    public async Task Only_one_turn_at_a_time_across_sidecars_while_replicas_come_and_go()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var actors = new ActorWorld();
        for (var i = 0; i < 3; i++) actors.AddReplica();
        actors.World.AddCaller("caller");
        actors.Method = async (_, _, http) => await Task.Delay(2, http.RequestAborted);
        await actors.StartAsync(cancel);
        var (done, failed) = (0, 0);
        var callers = Enumerable.Range(0, 16).Select(async n =>
        {
            var api = actors.World.Api(n % 4);
            for (var i = 0; i < 100; i++)
            {
                using var answer = await ActorWorld.TryCallAsync(api, $"busy-{i % 5}", cancel);
                if (answer.IsSuccessStatusCode) Interlocked.Increment(ref done);
                else Interlocked.Increment(ref failed);
            }
        }).ToList();
        await Wait.UntilAsync(() => done > 100, "calls go through", cancel);
        await actors.Replicas[2].StopAsync();
        await Wait.UntilAsync(() => done > 400, "calls go on", cancel);
        await actors.Replicas[2].StartAsync();
        await Task.WhenAll(callers);
        Assert.Equal(0, actors.Overlaps);

        // Only turns that were cut in the middle may have failed: one per actor, and the calls that met the closed port.
        Assert.InRange(failed, 0, 40);
    }

    private static async Task<SortedDictionary<string, string>> HomesAsync(ActorWorld actors, int sidecar, CancellationToken cancel)
    {
        var api = actors.World.Api(sidecar);
        var homes = new SortedDictionary<string, string>();
        for (var i = 0; i < Actors; i++) homes[$"a{i}"] = await ActorWorld.CallAsync(api, $"a{i}", cancel);
        return homes;
    }

    private static async Task<string> AnsweredByAsync(ActorWorld actors, string actor, CancellationToken cancel)
    {
        using var answer = await ActorWorld.TryCallAsync(actors.World.Api(), actor, cancel);
        return await answer.Content.ReadAsStringAsync(cancel);
    }
}
