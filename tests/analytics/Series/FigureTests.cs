using System.Net;
using System.Text.Json.Nodes;
using Agents.Contracts;
using Agents.Testing;
using Agents.Testing.Storms;

namespace Agents.Analytics.Tests.Series;

/// <summary>Figures as their readers get them.</summary>
public sealed class FigureTests(AnalyticsStack stack)
{
    private static readonly DateTimeOffset Hour = Rounded(TimeProvider.System.GetUtcNow().AddHours(-3));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_count_and_every_micro_unit_is_exact_whatever_comes_late_or_twice()
    {
        var storm = new FigureStorm(stack, new FigureStormOptions(Seed: 7, Events: 1_500, Tenants: 3, Kills: 0));
        var report = await storm.RunAsync(Token);
        Assert.Empty(report.Problems);
        Assert.True(report.Compared > 500);
    }

    [Fact]
    public async Task Figures_come_by_hour_and_by_what_they_are_told_apart_by()
    {
        var (tenant, client) = await stack.TenantAsync(Token);
        await stack.PublishAsync(
            Topics.Model,
            [
                SomeEvents.Call("c1", Hour, tenant, "small", cost: 5), SomeEvents.Call("c2", Hour.AddMinutes(70), tenant, "small", cost: 7),
                SomeEvents.Call("c3", Hour.AddMinutes(71), tenant, "large", cost: 100, error: "provider_rate_limited"),
            ],
            Token);
        var answer = await UntilAsync(client, "figures=calls,cost,call_share,call_duration_p95&group_by=model", it => it.List("series").Count == 8 && it["series"]![0]!["whole"]!.GetValue<int>() == 2);
        Assert.Equal((7, 1, 0.666667m, "micros"), (
            Points(answer, "cost", "small")[1], Whole(answer, "calls", "large"), Whole(answer, "call_share", "small"), Series(answer, "cost", "small").Text("unit")));
        Assert.Equal(5, Points(answer, "cost", "small")[0]);
        Assert.Null(Points(answer, "call_duration_p95", "large")[0]);
        Assert.InRange(Points(answer, "call_duration_p95", "large")[1]!.Value, 198, 202);
        Assert.True(answer["provisional"]!.GetValue<bool>());
    }

    [Fact]
    public async Task A_table_can_be_had_for_a_spreadsheet()
    {
        var (tenant, client) = await stack.TenantAsync(Token);
        await stack.PublishAsync(Topics.Model, [SomeEvents.Call("c1", Hour, tenant, "=1+1, \"small\"", cost: 9_007_199_254_740_993)], Token);
        await UntilAsync(client, "figures=calls", it => Whole(it, "calls", null) == 1);
        var table = await client.Http.GetStringAsync(Path("figures=calls,cost&group_by=model&step=day&format=csv"), Token);
        Assert.Equal($"from,model,calls,cost\r\n{Hour:yyyy-MM-dd}T00:00:00Z,\"'=1+1, \"\"small\"\"\",1,9007199254740993\r\n", table[..table.IndexOf("\r\n", 25, StringComparison.Ordinal)] + "\r\n");
    }

    [Theory]
    [InlineData("", "figures")]
    [InlineData("figures=weather", "figures")]
    [InlineData("figures=turns&step=week", "step")]
    [InlineData("figures=turns&step=1", "step")]
    [InlineData("figures=turns&group_by=total", "group_by")]
    [InlineData("figures=turns&group_by=shoe_size", "group_by")]
    [InlineData("figures=turns&limit=0", "limit")]
    [InlineData("figures=turns&limit=all", "limit")]
    [InlineData("figures=turns&format=xml", "format")]
    [InlineData("figures=turns&from=2026-01-01T00:00:00Z&to=2026-01-03T00:00:00Z&step=minute", "from")]
    [InlineData("figures=turns&to=tomorrow", "to")]
    public async Task What_makes_no_sense_is_refused_by_name(string query, string field)
    {
        var (status, body) = await stack.Operator.TryAsync(HttpMethod.Get, $"/v1/analytics/figures?{query}", null, Token);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.NotNull(body["errors"]![field]);
    }

    [Fact]
    public async Task Everything_that_is_named_can_be_asked_for()
    {
        var names = (await stack.Operator.Http.GetFromJsonAsync<JsonArray>("/v1/analytics/figures/names", Token))!;
        Assert.Equal(names.Count, names.Select(name => name.Text("name")).Distinct().Count());
        foreach (var some in names.Select(name => name.Text("name")).Chunk(20))
            Assert.Equal(some.Length, (await stack.Operator.GetAsync(Path($"figures={string.Join(',', some)}"), Token)).List("series").Count);
    }

    [Fact]
    public async Task The_operator_sees_how_many_replicas_there_are_and_others_do_not()
    {
        var operators = await UntilAsync(stack.Operator, "figures=replicas,replica_joins", it => Whole(it, "replicas", null) >= 5);
        Assert.True(Whole(operators, "replica_joins", null) >= 5);
        var (_, client) = await stack.TenantAsync(Token);
        Assert.Null(Whole(await client.GetAsync(Path("figures=replicas"), Token), "replicas", null));
    }

    private static string Path(string query) => $"/v1/analytics/figures?from={Hour:yyyy-MM-ddTHH:mm:ssZ}&{query}";

    private static JsonNode Series(JsonNode answer, string figure, string? value) =>
        answer.List("series").Single(series => series.Text("figure") == figure && series!["value"]?.GetValue<string>() == value)!;

    private static decimal? Whole(JsonNode answer, string figure, string? value) => Series(answer, figure, value)["whole"]?.GetValue<decimal>();

    private static IReadOnlyList<decimal?> Points(JsonNode answer, string figure, string? value) =>
        [.. Series(answer, figure, value).List("points").Select(point => point?.GetValue<decimal>())];

    private static DateTimeOffset Rounded(DateTimeOffset moment) => moment.AddTicks(-(moment.Ticks % TimeSpan.TicksPerHour));

    private static async Task<JsonNode> UntilAsync(ApiClient client, string query, Func<JsonNode, bool> condition)
    {
        JsonNode? last = null;
        await Eventually.TrueAsync(async () => condition(last = await client.GetAsync(Path(query), Token)), "the figures show what was published", Token);
        return last!;
    }
}
