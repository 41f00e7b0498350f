using System.ComponentModel;
using System.Globalization;
using Agents.Analytics.Figures;
using Agents.Analytics.Series;
using Agents.Analytics.Users;
using Agents.Defaults.Errors;
using Agents.Defaults.Identity;
using Microsoft.AspNetCore.Mvc;

namespace Agents.Analytics.Reports;

/// <summary>What is told once a month.</summary>
internal static class ReportEndpoints
{
    private static readonly Dimension[] Dimensions = [Dimension.Total, Dimension.Agent, Dimension.Model, Dimension.User];

    public static void MapReports(this IEndpointRouteBuilder routes) => routes.MapGet("/v1/reports/costs", Costs)
        .RequireScope(Scopes.Analytics).WithTags("Reports").Produces<CostReport>(200, "application/json", "text/csv").WithName("GetCostReport")
        .WithSummary("What models cost in a month, by day, agent, model and user, compared with the month before, with a forecast");

    private static async Task<IResult> Costs(
        [FromQuery, Description("2026-03; default this month, UTC.")] string? month,
        [FromQuery, Description("json (the default) or csv, which has the days.")] string? format,
        Caller caller, FigureReader figures, Pseudonyms users, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var first = new DateOnly(now.Year, now.Month, 1);
        if (month is not null && (!DateOnly.TryParseExact(month, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out first) || first.Year < 2000))
            return Problem.Invalid("month", "month must be a month such as 2026-03.");
        if (first > DateOnly.FromDateTime(now.UtcDateTime))
            return Problem.Invalid("month", "month must have begun.");
        if (format is not (null or "json" or "csv"))
            return Problem.Invalid("format", "format must be json or csv.");
        var days = await figures.StepsAsync(caller.Tenant, CostBuilder.Days(first), Dimensions, cancellationToken);
        var part = CostBuilder.PartOfDay(first, now) is { } range ? (await figures.ReadAsync(caller.Tenant, range, Dimensions, cancellationToken)).Tally : new Tally();
        var report = CostBuilder.Build(first, days, part, now);
        var names = await users.NamesAsync(caller.Tenant, report.ByUser.Select(user => user.Value), cancellationToken);
        report = report with { ByUser = [.. report.ByUser.Select(user => user with { Value = names.GetValueOrDefault(user.Value, user.Value) })] };
        return format == "csv" ? Table(report).ToResult($"costs-{report.Month}.csv") : TypedResults.Ok(report);
    }

    private static Csv Table(CostReport report)
    {
        var csv = new Csv(["day", "cost_micros", "calls"]);
        foreach (var day in report.Days)
            csv.Add([day.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), day.CostMicros, day.Calls]);
        return csv;
    }
}
