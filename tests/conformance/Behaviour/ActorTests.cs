using System.Diagnostics;
using System.Net;
using System.Text;
using Agents.Conformance.Processes;

namespace Agents.Conformance.Behaviour;

public class ActorTests
{
    [Fact]
    public async Task A_call_chain_may_come_back_to_its_actor_up_to_the_stack_depth()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var actors = new ActorWorld { Config = "\"reentrancy\":{\"enabled\":true,\"maxStackDepth\":3}" };
        actors.AddReplica();
        var answers = new List<string>();
        actors.Method = async (_, call, http) =>
        {
            // Each call makes the next one, with the chain it was given.
            using var next = await ActorWorld.TryCallAsync(actors.World.Api(), "r", cancel, "deeper", call.Headers["Dapr-Reentrancy-Id"]);
            answers.Add(next.IsSuccessStatusCode ? "ok" : await Api.ErrorCodeAsync(next, cancel));
        };
        await actors.StartAsync(cancel);
        Assert.Equal("replica-0", await ActorWorld.CallAsync(actors.World.Api(), "r", cancel));
        Assert.Equal(["ERR_ACTOR_STACK_DEPTH", "ok", "ok"], answers);
        Assert.Single(actors.Replicas[0].Calls.Where(call => call.Method == "PUT").Select(call => call.Headers["Dapr-Reentrancy-Id"]).Distinct());
    }

    [Fact]
    public async Task An_idle_actor_is_let_go_with_its_timers_and_a_busy_one_is_not()
    {
        var cancel = TestContext.Current.CancellationToken;
        var end = new TaskCompletionSource();
        await using var actors = new ActorWorld { Config = "\"actorIdleTimeout\":\"400ms\"" };
        actors.AddReplica();
        actors.Method = (_, call, _) => call.Path.EndsWith("/long", StringComparison.Ordinal) ? end.Task : Task.CompletedTask;
        await actors.StartAsync(cancel);
        var api = actors.World.Api();
        var busy = ActorWorld.CallAsync(api, "busy", cancel, "long");
        await ActorWorld.CallAsync(api, "idle", cancel);
        await api.Http.PostAsync("/v1.0/actors/T/idle/timers/late", new StringContent("""{"dueTime":"2s"}""", Encoding.UTF8, "application/json"), cancel);
        await ActorWorld.RemindAsync(api, "clock", "later", """{"dueTime":"2s"}""", cancel);
        Assert.Equal(1, await CountAsync("idle"));
        Assert.Empty(actors.Calls("busy"));
        end.SetResult();
        await busy;
        Assert.Equal(1, await CountAsync("busy"));
        await Wait.UntilAsync(() => actors.Calls("clock", "method/remind/later").Any(), "the timer's time has come", cancel);
        Assert.Empty(actors.Calls("idle", "method/timer/late"));

        async Task<int> CountAsync(string actor)
        {
            await Wait.UntilAsync(() => actors.Calls(actor).Any(), $"{actor} was let go", cancel);
            return actors.Calls(actor).Count();
        }
    }

    [Fact]
    public async Task Reminders_survive_a_kill_and_deactivation_and_fire_at_least_once()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var actors = new ActorWorld { Config = "\"actorIdleTimeout\":\"200ms\"" };
        actors.AddReplica();
        await actors.StartAsync(cancel);
        for (var i = 0; i < 30; i++) Assert.Equal(HttpStatusCode.NoContent, (await ActorWorld.RemindAsync(actors.World.Api(), "r", $"once-{i}", $$"""{"dueTime":"{{i * 50}}ms","data":{{i}}}""", cancel)).StatusCode);
        await ActorWorld.RemindAsync(actors.World.Api(), "r", "thrice", """{"dueTime":"1s","period":"R3/PT1S"}""", cancel);
        await ActorWorld.RemindAsync(actors.World.Api(), "r", "far", """{"dueTime":"1h"}""", cancel);
        await Wait.UntilAsync(() => actors.Replicas[0].Calls.Count(call => call.Path.Contains("/remind/once", StringComparison.Ordinal)) > 5, "some have fired", cancel);
        await actors.World.Runtime.KillAsync();
        await actors.World.StartRuntimeAsync(cancel);
        for (var i = 0; i < 30; i++)
        {
            await Wait.UntilAsync(() => actors.Calls("r", $"method/remind/once-{i}").Any(), $"reminder {i} fired", cancel);
            Assert.Contains($"\"data\":{i}", actors.Calls("r", $"method/remind/once-{i}").First().Text, StringComparison.Ordinal);
        }

        await Wait.UntilAsync(() => actors.Calls("r", "method/remind/thrice").Count() == 3, "the periodic one fired three times", cancel);
        var api = actors.World.Api();
        await Wait.UntilAsync(async () => (await api.Http.GetAsync("/v1.0/actors/T/r/reminders/thrice", cancel)).StatusCode == HttpStatusCode.NotFound, "it is over", cancel);
        Assert.Equal(HttpStatusCode.OK, (await api.Http.GetAsync("/v1.0/actors/T/r/reminders/far", cancel)).StatusCode);

        // A kill can repeat the few firings it interrupted, no more.
        Assert.InRange(actors.Replicas[0].Calls.Count(call => call.Path.Contains("/remind/once", StringComparison.Ordinal)), 30, 35);
        Assert.Empty(actors.Calls("r", "method/remind/far"));
    }

    [Fact]
    public async Task A_reminder_whose_app_is_away_waits_for_it_and_a_refused_one_is_kept()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var actors = new ActorWorld();
        actors.AddReplica();
        await actors.StartAsync(cancel);
        var failing = true;
        actors.Method = (_, call, http) =>
        {
            if (failing && call.Path.EndsWith("/stubborn", StringComparison.Ordinal)) http.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        await ActorWorld.RemindAsync(actors.World.Api(), "r", "stubborn", """{"dueTime":"0s"}""", cancel);
        await Wait.UntilAsync(() => actors.Calls("r", "method/remind/stubborn").Count() == 4, "three repetitions came", cancel);
        failing = false;
        await ActorWorld.RemindAsync(actors.World.Api(), "r", "away", """{"dueTime":"500ms"}""", cancel);
        await actors.Replicas[0].StopAsync();
        Assert.False(await Wait.ForAsync(() => actors.Calls("r", "method/remind/away").Any(), TimeSpan.FromSeconds(1), cancel));
        await actors.Replicas[0].StartAsync();
        await Wait.UntilAsync(() => actors.Calls("r", "method/remind/away").Any(), "it fired when the app was back", cancel);
        await Wait.UntilAsync(() => actors.Calls("r", "method/remind/stubborn").Count() == 5, "the refused one came again", cancel);
        Assert.False(await Wait.ForAsync(() => actors.Calls("r", "method/remind/away").Count() > 1, TimeSpan.FromSeconds(2), cancel), "it came twice");
    }

    [Fact]
    public async Task All_actors_are_let_go_when_the_runtime_stops()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var actors = new ActorWorld();
        actors.AddReplica();
        await actors.StartAsync(cancel);
        foreach (var actor in (string[])["x", "y"]) await ActorWorld.CallAsync(actors.World.Api(), actor, cancel);
        var counts = (await ActorWorld.MetadataAsync(actors.World.Api(), cancel))["actors"]!.ToJsonString();
        Assert.Equal("""[{"type":"T","count":2}]""", counts);
        using (var term = Process.Start("kill", ["-TERM", $"{actors.World.Runtime.Process.Id}"])) await term.WaitForExitAsync(cancel);
        await actors.World.Runtime.Process.WaitForExitAsync(cancel).WaitAsync(TimeSpan.FromSeconds(10), cancel);
        Assert.Single(actors.Calls("x"));
        Assert.Single(actors.Calls("y"));
    }

    [Fact]
    public async Task State_belongs_to_the_actor_that_is_here_and_expires_where_the_feature_is_on()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var actors = new ActorWorld();
        File.WriteAllText(actors.World.Place.PathTo("config.yaml"), "kind: Configuration\nspec:\n  features:\n  - name: ActorStateTTL\n    enabled: true\n");
        actors.AddReplica("  configFilePath: ./config.yaml\n");
        await actors.StartAsync(cancel);
        var api = actors.World.Api();
        await ActorWorld.CallAsync(api, "s", cancel);
        const string Write = """[{"operation":"upsert","request":{"key":"k","value":1,"metadata":{"ttlInSeconds":"1"}}},{"operation":"upsert","request":{"key":"l","value":2}}]""";
        Assert.Equal(HttpStatusCode.NoContent, (await PostAsync("s/state", Write)).StatusCode);
        Assert.Equal("ERR_ACTOR_INSTANCE_MISSING", await Api.ErrorCodeAsync(await PostAsync("other/state", Write), cancel));
        using var read = await api.Http.GetAsync("/v1.0/actors/T/s/state/k", cancel);
        Assert.True(read.Headers.Contains("Metadata.ttlexpiretime"));
        await Wait.UntilAsync(async () => (await api.Http.GetAsync("/v1.0/actors/T/s/state/k", cancel)).StatusCode == HttpStatusCode.NoContent, "it expired", cancel);
        Assert.Equal("2", await api.Http.GetStringAsync("/v1.0/actors/T/s/state/l", cancel));

        Task<HttpResponseMessage> PostAsync(string path, string body) =>
            api.Http.PostAsync("/v1.0/actors/T/" + path, new StringContent(body, Encoding.UTF8, "application/json"), cancel);
    }

    [Theory]
    [InlineData("POST", "dapr.internal.default.app.workflow/x/method/go", "", 403, "ERR_ACTOR_TYPE_RESERVED")]
    [InlineData("POST", "T/%2E%2E/method/go", "", 400, "ERR_BAD_REQUEST")]
    [InlineData("POST", "T/a%7C%7Cb/method/go", "", 400, "ERR_BAD_REQUEST")]
    [InlineData("POST", "T/a/reminders/r", """{"dueTime":5}""", 400, "ERR_MALFORMED_REQUEST")]
    [InlineData("POST", "T/a/reminders/r", """{"dueTime":"1s","period":"P1D"}""", 500, "ERR_ACTOR_REMINDER_CREATE")]
    [InlineData("POST", "T/a/reminders/r", """{"dueTime":"1s","period":"R0/PT1S"}""", 500, "ERR_ACTOR_REMINDER_CREATE")]
    [InlineData("POST", "T/a/timers/t", """{"dueTime":"999999999999h"}""", 500, "ERR_ACTOR_TIMER_CREATE")]
    [InlineData("POST", "T/a/timers/t", "[", 400, "ERR_MALFORMED_REQUEST")]
    [InlineData("POST", "Other/a/reminders/r", """{"dueTime":"1s"}""", 403, "ERR_ACTOR_REMINDER_NON_HOSTED")]
    public async Task Bad_input_is_refused_with_a_reason(string method, string path, string body, int status, string code)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var actors = new ActorWorld();
        actors.AddReplica();
        await actors.StartAsync(cancel);
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), new Uri(
            $"{actors.World.Api().Http.BaseAddress}v1.0/actors/{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }))
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        using var answer = await actors.World.Api().Http.SendAsync(request, cancel);
        Assert.Equal((status, code), ((int)answer.StatusCode, await Api.ErrorCodeAsync(answer, cancel)));
    }

    [Fact]
    public async Task Huge_ids_and_bodies_are_refused()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var actors = new ActorWorld();
        actors.AddReplica();
        await actors.StartAsync(cancel);
        using var id = await ActorWorld.TryCallAsync(actors.World.Api(), new string('x', 1000), cancel);
        Assert.Equal("ERR_BAD_REQUEST", await Api.ErrorCodeAsync(id, cancel));
        using var large = await actors.World.Api().Http.PostAsync("/v1.0/actors/T/a/method/m", new ByteArrayContent(new byte[5 << 20]), cancel);
        Assert.Equal("ERR_MALFORMED_REQUEST", await Api.ErrorCodeAsync(large, cancel));
        Assert.DoesNotContain(actors.Replicas[0].Calls, call => call.Method == "PUT");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[1]")]
    [InlineData("""{"entities":"T"}""")]
    [InlineData("""{"entities":["T"],"actorIdleTimeout":"soon"}""")]
    [InlineData("""{"entities":["dapr.internal.x"]}""")]
    public async Task An_app_with_a_broken_configuration_hosts_no_actors_and_serves_on(string config)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.Place.AddComponent("store", "state.in-memory", ("actorStateStore", "true"));
        world.AddApp("app", async (call, http) =>
        {
            if (call.Path == "/dapr/config") await http.Response.WriteAsync(config, cancel);
        });
        await world.StartAsync(cancel);
        await world.Api().SaveAsync("store", "k", "v", cancel);
        var metadata = await ActorWorld.MetadataAsync(world.Api(), cancel);
        Assert.Equal("RUNNING", metadata["actorRuntime"]!["runtimeStatus"]!.GetValue<string>());
        Assert.Null(metadata["actors"]);
    }

    [Fact]
    public async Task A_circuit_breaker_per_actor_opens_for_the_failing_one_only()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var actors = new ActorWorld();
        actors.World.Place.AddResource("resiliency", """
            kind: Resiliency
            metadata: { name: r }
            spec:
              policies:
                circuitBreakers:
                  quick: { maxRequests: 1, timeout: 60s, trip: consecutiveFailures >= 2 }
              targets:
                actors:
                  T: { circuitBreaker: quick, circuitBreakerScope: id }
            """);
        actors.AddReplica();
        actors.Method = (_, call, http) =>
        {
            if (call.Path.Contains("/bad/", StringComparison.Ordinal)) http.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        await actors.StartAsync(cancel);
        for (var i = 0; i < 5; i++) await ActorWorld.TryCallAsync(actors.World.Api(), "bad", cancel);
        Assert.Equal(2, actors.Calls("bad", "method/who").Count());
        Assert.Equal("replica-0", await ActorWorld.CallAsync(actors.World.Api(), "good", cancel));
    }
}
