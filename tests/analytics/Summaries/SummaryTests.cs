using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Agents.Contracts;
using Agents.Testing;
using Agents.Testing.FakeModels;

namespace Agents.Analytics.Tests.Summaries;

/// <summary>The summary as its readers get it, of events that services publish. Alone, because it kills replicas that others ask.</summary>
[CollectionDefinition(nameof(SummaryTests), DisableParallelization = true)]
[Collection(nameof(SummaryTests))]
public sealed class SummaryTests(AnalyticsStack stack)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // A whole minute in the past: nothing else happens there, and its figures do not change with the time of the test.
    private readonly DateTimeOffset _then = Minute(TimeProvider.System.GetUtcNow().AddHours(-3));

    [Fact]
    public async Task Every_turn_is_counted_for_its_tenant_and_for_nobody_else()
    {
        var user = await stack.NewTenantAsync(Token);
        var other = await stack.NewTenantAsync(Token);
        for (var n = 0; n < 7; n++)
            await user.CreateAsync("/v1/sessions", new { input = $"Question {n}?" }, Token);

        // Sessions, turns and calls come by topics of their own, in any order.
        var summary = await UntilAsync(
            user, Path(), it => it["agent"].Number("turns") == 7 && it["model"].Number("calls") >= 7 && it["business"].Number("sessions_started") >= 7);
        Assert.Equal((7, 0), (summary["business"].Number("sessions_started"), summary["agent"].Number("failed")));
        Assert.Equal(1, summary["quality"]!["completion_rate"]!.GetValue<double>());
        Assert.True(summary["agent"]!["latency_ms"].Number("p50") <= summary["agent"]!["latency_ms"].Number("p99"));
        Assert.Equal(summary["model"].Text("cost_micros"), summary["business"].Text("cost_micros"));
        Assert.True(summary["provisional"]!.GetValue<bool>());

        var theirs = await other.GetAsync(Path(), Token);
        Assert.Equal((0, 0, 0), (theirs["agent"].Number("turns"), theirs["model"].Number("calls"), theirs["infrastructure"].Number("events_archived")));
        Assert.Null(theirs["infrastructure"]!["replicas"]);
    }

    [Fact]
    public async Task Calls_of_models_are_counted_with_their_tokens_money_and_errors()
    {
        var user = await stack.NewTenantAsync(Token);
        var model = stack.Models.NewModel(Reply.Text("Good."), Reply.Error(429, "Slow down."));
        var call = new { model, messages = new[] { new { role = "user", content = "Say good." } } };
        Assert.Equal(HttpStatusCode.OK, (await user.TryAsync(HttpMethod.Post, "/v1/chat/completions", call, Token)).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await user.TryAsync(HttpMethod.Post, "/v1/chat/completions", call, Token)).Status);

        var figures = (await UntilAsync(user, Path(), it => it["model"].Number("calls") == 2))["model"]!;
        const long cost = (Reply.PromptTokens * FakeModelServer.InputMicrosPerMillion
            + Reply.CompletionTokens * FakeModelServer.OutputMicrosPerMillion) / 1_000_000;
        Assert.Equal((1, 1, Reply.PromptTokens, Reply.CompletionTokens), (
            figures.Number("errors"), figures.Number("rate_limited"), figures.Number("tokens_in"), figures.Number("tokens_out")));
        Assert.Equal((Text(cost), Text(cost / 2)), (figures.Text("cost_micros"), figures.Text("cost_micros_per_call")));
        Assert.Equal((model, 2), (figures.List("by_model").Single().Text("model"), figures.List("by_model").Single().Number("calls")));
    }

    [Fact]
    public async Task Events_that_arrive_twice_count_once_and_in_the_minute_in_which_they_happened()
    {
        var (tenant, client) = await stack.TenantAsync(Token);
        var turns = Enumerable.Range(0, 40).Select(i => SomeEvents.Turn($"t{i}", _then.AddSeconds(i), tenant)).ToList();
        var calls = Enumerable.Range(0, 40).Select(i => SomeEvents.Call($"c{i}", _then.AddSeconds(i), tenant, cost: 25)).ToList();
        for (var time = 0; time < 2; time++)
        {
            await stack.PublishAsync(Topics.Turn, turns, Token);
            await stack.PublishAsync(Topics.Model, calls, Token);
        }
        // Published last, so what came before has been delivered when this one is counted, to whichever replica.
        await stack.PublishAsync(Topics.Turn, [SomeEvents.FailedTurn("last", _then, tenant)], Token);
        await stack.PublishAsync(Topics.Model, [SomeEvents.Call("last", _then, tenant, cost: 0)], Token);

        var summary = await UntilAsync(client, Path(_then, _then.AddMinutes(1)), it => it["agent"].Number("turns") == 41 && it["model"].Number("calls") == 41);
        Assert.Equal("1000", summary["model"].Text("cost_micros"));
        Assert.Equal(82, summary["infrastructure"].Number("events_archived"));
        Assert.False(summary["provisional"]!.GetValue<bool>());
        Assert.Equal(0, (await client.GetAsync(Path(_then.AddMinutes(1)), Token))["agent"].Number("turns"));
    }

    [Fact]
    public async Task Replicas_agree_and_a_killed_one_comes_back_with_the_same_figures()
    {
        var (tenant, client) = await stack.TenantAsync(Token);
        var turns = Enumerable.Range(0, 60).Select(i => SomeEvents.Turn($"t{i}", _then.AddSeconds(i), tenant, i, i * i));
        await stack.PublishAsync(Topics.Turn, turns, Token);
        var path = Path(_then, _then.AddMinutes(1));
        var before = (await UntilAsync(client, path, it => it["agent"].Number("turns") == 60)).ToJsonString();

        foreach (var replica in stack.Replicas)
            Assert.Equal(before, (await stack.At(replica, client).GetAsync(path, Token)).ToJsonString());
        foreach (var replica in stack.Replicas)
        {
            var died = replica.ProcessId;
            replica.Kill();
            await Eventually.TrueAsync(() => replica.IsReady && replica.ProcessId != died, $"{replica.Name} is back", Token);
            Assert.Equal(before, (await stack.At(replica, client).GetAsync(path, Token)).ToJsonString());
        }
    }

    [Fact]
    public async Task What_is_not_understood_is_counted_and_blocks_nothing()
    {
        var (tenant, client) = await stack.TenantAsync(Token);
        var path = Path(_then, _then.AddMinutes(1));
        var unreadable = (await stack.Operator.GetAsync(Path(), Token))["infrastructure"].Number("ignored_events");
        var odd = new JsonObject { ["specversion"] = "1.0", ["id"] = $"{tenant}.odd", ["type"] = "agents.turn.completed.v1", ["data"] = 17 };
        await stack.PublishAsync(Topics.Turn, odd, Token);
        await stack.PublishAsync(
            Topics.Turn,
            [
                SomeEvents.Turn("of a later version", _then, tenant) with { Type = "agents.turn.completed.v2" },
                SomeEvents.Turn("of another shape", _then, tenant) with { Data = SomeEvents.Started("s", _then, tenant).Data },
                SomeEvents.Turn("good", _then, tenant),
            ],
            Token);

        var mine = await UntilAsync(client, path, it => it["infrastructure"].Number("events_archived") == 3 && it["agent"].Number("turns") == 1);
        Assert.Equal(2, mine["infrastructure"].Number("ignored_events"));
        await UntilAsync(stack.Operator, Path(), it => it["infrastructure"].Number("ignored_events") > unreadable);
    }

    [Fact]
    public async Task The_operator_sees_the_replicas_of_every_app()
    {
        var summary = await UntilAsync(stack.Operator, Path(), it => it["infrastructure"].List("replicas").Count == 4);
        var alive = summary["infrastructure"].List("replicas").ToDictionary(app => app.Text("app_id"), app => app.Number("alive"));
        Assert.Equal((1, 1, 1, 2), (alive["conversation"], alive["retrieval"], alive["inference"], alive["analytics"]));
        Assert.True(summary["infrastructure"].Number("joins") >= 5);
    }

    [Theory]
    [InlineData("from=yesterday", "from")]
    [InlineData("to=2026-13-01T00:00:00Z", "to")]
    [InlineData("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from")]
    [InlineData("from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z", "from")]
    public async Task A_range_that_makes_no_sense_is_refused_by_name(string query, string field)
    {
        var (status, body) = await stack.Operator.TryAsync(HttpMethod.Get, $"/v1/analytics/summary?{query}", null, Token);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.NotNull(body["errors"]![field]);
        Assert.Equal("invalid_request", body.Text("code"));
    }

    [Fact]
    public async Task Figures_need_a_key_with_their_scope()
    {
        var tenant = (await stack.Operator.CreateAsync("/v1/tenants", new { name = "Curious" }, Token)).Text("id");
        var talker = await stack.NewKeyAsync(tenant, Token, "sessions");
        Assert.Equal(HttpStatusCode.Forbidden, (await talker.TryAsync(HttpMethod.Get, Path(), null, Token)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stack.Client(null).TryAsync(HttpMethod.Get, Path(), null, Token)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stack.Client("not-a-key-of-anybody").TryAsync(HttpMethod.Get, Path(), null, Token)).Status);
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static DateTimeOffset Minute(DateTimeOffset moment) => moment.AddTicks(-(moment.Ticks % TimeSpan.TicksPerMinute));

    private static string Path(DateTimeOffset? from = null, DateTimeOffset? to = null) =>
        "/v1/analytics/summary?"
        + (from is { } start ? $"from={start:yyyy-MM-ddTHH:mm:ssZ}&" : "") + (to is { } end ? $"to={end:yyyy-MM-ddTHH:mm:ssZ}" : "");

    private static async Task<JsonNode> UntilAsync(ApiClient client, string path, Func<JsonNode, bool> condition)
    {
        JsonNode? last = null;
        await Eventually.TrueAsync(async () => condition(last = await client.GetAsync(path, Token)), "the summary shows what was published", Token);
        return last!;
    }
}
