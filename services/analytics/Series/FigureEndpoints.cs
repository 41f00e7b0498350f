using Agents.Analytics.Figures;
using Agents.Analytics.Users;
using Agents.Defaults.Identity;

namespace Agents.Analytics.Series;

/// <summary>Figures over time, as JSON or as a table for a spreadsheet.</summary>
internal static class FigureEndpoints
{
    public static void MapFigures(this IEndpointRouteBuilder routes)
    {
        var figures = routes.MapGroup("/v1/analytics/figures").RequireScope(Scopes.Analytics).WithTags("Analytics");
        figures.MapGet("/", Get).Produces<FigureAnswer>(200, "application/json", "text/csv").WithName("GetFigures")
            .WithSummary("Figures over a range of time, by minute, hour or day, and by agent, version, model, lane or user");
        figures.MapGet("/names", () => TypedResults.Ok(Figure.All.Select(figure => new FigureDescription(figure.Name, figure.Group, figure.Unit)).ToList()))
            .WithName("ListFigureNames").WithSummary("The figures that can be asked for");
    }

    private static async Task<IResult> Get(
        [AsParameters] FigureParameters parameters, Caller caller, FigureReader reader, Pseudonyms users, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (query, refusal) = FigureQuery.Read(parameters, now);
        if (query is null)
            return refusal!;
        var steps = await reader.StepsAsync(caller.Tenant, query.Steps, Dimensions.TotalAnd(query.GroupBy), cancellationToken);
        var answer = FigureBuilder.Build(query, steps, caller.IsOperator, now);
        if (query.GroupBy == Dimension.User)
            answer = answer.With(await users.NamesAsync(caller.Tenant, answer.Series.Select(series => series.Value!), cancellationToken));
        return parameters.Format == "csv" ? Table(answer).ToResult("figures.csv") : TypedResults.Ok(answer);
    }

    private static Csv Table(FigureAnswer answer)
    {
        var figures = answer.Series.Select(series => series.Figure).Distinct().ToList();
        var csv = new Csv(["from", .. answer.GroupBy is { } name ? [name] : Array.Empty<string>(), .. figures]);
        foreach (var value in answer.Series.GroupBy(series => series.Value))
        {
            for (var step = 0; step < answer.Steps.Count; step++)
                csv.Add([answer.Steps[step], .. answer.GroupBy is null ? Array.Empty<object?>() : [value.Key], .. value.Select(series => (object?)series.Points[step])]);
        }
        return csv;
    }
}
