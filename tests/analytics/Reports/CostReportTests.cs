using System.Net;
using Agents.Analytics.Figures;
using Agents.Analytics.Reports;
using Agents.Analytics.Series;
using Agents.Contracts;
using Agents.Testing;

namespace Agents.Analytics.Tests.Reports;

public sealed class CostReportTests(AnalyticsStack stack)
{
    private static readonly DateOnly March = new(2026, 3, 1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void A_month_is_compared_with_the_same_part_of_the_month_before_and_forecast_by_its_last_seven_days()
    {
        // A month before of 28 days at 10, this one at 20; noon of the 11th.
        var now = new DateTimeOffset(2026, 3, 11, 12, 0, 0, TimeSpan.Zero);
        var report = Build(now, day => day.Month == 2 ? 10 : day.Day <= 10 ? 20 : day.Day == 11 ? 8 : 0, part: 5);
        Assert.Equal((208, 105, 280), (report.CostMicros, report.PreviousMicros, report.PreviousMonthMicros));
        Assert.Equal(103 / 105.0, report.Change!.Value, 9);
        Assert.Equal(208 + (long)(20 * 20.5), report.ForecastMicros);
        Assert.Equal((11, true), (report.Days.Count, report.Provisional));
    }

    [Fact]
    public void A_month_that_is_over_has_no_forecast_and_is_compared_with_the_whole_month_before()
    {
        var report = Build(new DateTimeOffset(2026, 5, 2, 0, 0, 0, TimeSpan.Zero), day => day.Month == 2 ? 10 : 20, part: 0);
        Assert.Equal((620, 280, 280, null, false), (report.CostMicros, report.PreviousMicros, report.PreviousMonthMicros, report.ForecastMicros, report.Provisional));
        Assert.Equal(31, report.Days.Count);
    }

    [Fact]
    public void The_first_day_of_a_month_is_forecast_by_the_month_before() =>
        Assert.Equal(310, Build(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero), day => day.Month == 2 ? 10 : 0, part: 0).ForecastMicros);

    [Fact]
    public void The_dearest_are_shown_and_the_rest_is_added_up()
    {
        var tally = new Tally();
        for (var model = 1; model <= 60; model++)
            tally.Add(Call($"c{model}", $"model-{model:00}", model));
        var report = CostBuilder.Build(March, new Steps([(new TimeRange(Start(March), Start(March.AddDays(1))), tally)], true), new Tally(), Start(March.AddMonths(2)));
        Assert.Equal(("model-60", 60, 60 / 1830.0), (report.ByModel[0].Value, report.ByModel[0].CostMicros, report.ByModel[0].Share));
        Assert.Equal((51, "(other)", 55), (report.ByModel.Count, report.ByModel[^1].Value, report.ByModel[^1].CostMicros));
        Assert.Equal(report.CostMicros, report.ByModel.Sum(model => model.CostMicros));
        Assert.Equal(("support", 1830L), (Assert.Single(report.ByAgent).Value, report.ByAgent[0].CostMicros));
    }

    [Fact]
    public async Task The_report_of_this_month_shows_what_was_spent()
    {
        var (tenant, client) = await stack.TenantAsync(Token);
        var now = TimeProvider.System.GetUtcNow();
        await stack.PublishAsync(Topics.Model, [SomeEvents.Call("c1", now.AddMinutes(-5), tenant, cost: 9_007_199_254_740_993)], Token);
        await Eventually.TrueAsync(
            async () => (await client.GetAsync("/v1/analytics/summary", Token))["model"].Number("calls") == 1, "the call is counted", Token);
        var report = await client.GetAsync("/v1/reports/costs", Token);
        var month = report.Text("month") == $"{now:yyyy-MM}" && now.AddMinutes(-5).Month == now.Month;
        if (month)
            Assert.Equal("9007199254740993", report.Text("cost_micros"));
        Assert.StartsWith("day,cost_micros,calls\r\n", await client.Http.GetStringAsync("/v1/reports/costs?format=csv", Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("month=2026", "month")]
    [InlineData("month=2026-13", "month")]
    [InlineData("month=2999-01", "month")]
    [InlineData("format=pdf", "format")]
    public async Task What_makes_no_sense_is_refused_by_name(string query, string field)
    {
        var (status, body) = await stack.Operator.TryAsync(HttpMethod.Get, $"/v1/reports/costs?{query}", null, Token);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.NotNull(body["errors"]![field]);
    }

    private static CostReport Build(DateTimeOffset now, Func<DateOnly, long> costOf, long part)
    {
        var days = CostBuilder.Days(March).Select(range =>
        {
            var tally = new Tally();
            if (costOf(DateOnly.FromDateTime(range.From.UtcDateTime)) is > 0 and var cost)
                tally.Add(Call("c", "small", cost));
            return (range, tally);
        }).ToList();
        var partial = new Tally();
        if (part > 0)
            partial.Add(Call("c", "small", part));
        return CostBuilder.Build(March, new Steps(days, true), partial, now);
    }

    private static CallCompleted Call(string id, string model, long cost) => new(
        "acme", SomeEvents.Noon, id, null, null, "default", model, null, "stable", "small", "alias", "none", 1, 1, 0, cost, 1, 1, null, "support", 3);

    private static DateTimeOffset Start(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
}
