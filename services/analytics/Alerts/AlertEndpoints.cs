using Agents.Analytics.Series;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;

namespace Agents.Analytics.Alerts;

/// <summary>A rule to be; members as in <see cref="AlertRule"/>.</summary>
/// <param name="Name">At most 100 characters, unique among the tenant's rules. A default rule of this name is replaced.</param>
/// <param name="Figure">A name of <c>/v1/analytics/figures/names</c>.</param>
/// <param name="Condition">Default <c>threshold</c>.</param>
/// <param name="Side">Default <c>above</c>.</param>
/// <param name="Value">Required but for <c>absence</c>.</param>
/// <param name="Objective">Required for <c>burn_rate</c>: above 0 and below 1.</param>
/// <param name="Minutes">1 to 1,440; default 10.</param>
/// <param name="Webhook">An http or https address that gets a signed webhook at each change.</param>
public sealed record CreateAlert(
    string? Name, string? Figure, string? GroupBy, string? Of, AlertCondition? Condition, AlertSide? Side, decimal? Value, decimal? Objective, int? Minutes,
    string? Webhook)
{
    internal Problem? Refusal() =>
        Checks.Text("name", Name, 100)
        ?? (Figure is null || Series.Figure.Find(Figure) is null ? Problem.Invalid("figure", "figure must be a name of /v1/analytics/figures/names.") : null)
        ?? (GroupBy is null ? null : FigureQuery.ReadGroup("group_by", GroupBy, out _))
        ?? ((GroupBy is null) != (Of is null) ? Problem.Invalid("of", "of belongs to group_by: which agent, version, model, lane or user is meant.") : null)
        ?? Checks.Optional("of", Of, 256)
        ?? (Value is null && Condition != AlertCondition.Absence ? Problem.Invalid("value", "value is required.") : null)
        ?? (Condition == AlertCondition.BurnRate && Objective is not (> 0 and < 1) ? Problem.Invalid("objective", "objective must be above 0 and below 1.") : null)
        ?? (Minutes is < 1 or > 1_440 ? Problem.Invalid("minutes", "minutes must be 1 to 1,440.") : null)
        ?? (Webhook is null ? null : HookAddress.Refusal(Webhook, "webhook"));

    internal AlertRule ToRule(string id) =>
        new(id, Name!, Figure!, GroupBy, Of, Condition ?? AlertCondition.Threshold, Side ?? AlertSide.Above, Value ?? 0, Objective, Minutes ?? 10, Webhook);
}

/// <summary>Rules over figures, and how they stand.</summary>
internal static class AlertEndpoints
{
    private const string Prefix = "alert";
    private const int MaxRules = 50;

    public static void AddAlerts(this IServiceCollection services)
    {
        services.AddSingleton<AlertStore>().AddSingleton<AlertLook>();
        services.AddHostedService<AlertService>();
    }

    public static void MapAlerts(this IEndpointRouteBuilder routes)
    {
        var alerts = routes.MapGroup("/v1/alerts").WithTags("Alerts").RequireScope(Scopes.Analytics);
        alerts.MapGet("/", List).Produces<Page<Alert>>().WithName("ListAlerts").WithSummary("All rules and how they stand, those that every tenant has last");
        alerts.MapPost("/", Create).WithAudit("alert.create").WithIdempotency().Produces<Alert>(201).WithName("CreateAlert").WithSummary("Add a rule over a figure");
        alerts.MapGet("/{id}", Get).Produces<Alert>().WithName("GetAlert").WithSummary("One rule and how it stands");
        alerts.MapDelete("/{id}", Delete).WithAudit("alert.delete").Produces(204).WithName("DeleteAlert").WithSummary("Remove a rule");
    }

    private static async Task<IResult> List(Caller caller, AlertStore alerts, CancellationToken cancellationToken)
    {
        var book = await alerts.GetAsync(caller.Tenant, cancellationToken);
        var all = book.All.Select(rule => Show(book, rule)).ToList();
        return TypedResults.Ok(new Page<Alert>(all, all[0].Rule.Id, all[^1].Rule.Id, HasMore: false));
    }

    private static async Task<IResult> Get(string id, Caller caller, AlertStore alerts, CancellationToken cancellationToken)
    {
        var book = await alerts.GetAsync(caller.Tenant, cancellationToken);
        return book.All.FirstOrDefault(rule => rule.Id == id) is { } found ? TypedResults.Ok(Show(book, found)) : Problem.NotFound("alert");
    }

    private static async Task<IResult> Create(CreateAlert request, HttpContext http, Caller caller, AlertStore alerts, CancellationToken cancellationToken)
    {
        if (request.Refusal() is { } refusal)
            return refusal;
        var rule = request.ToRule(http.NewId(Prefix));
        await alerts.EnrolAsync(caller.Tenant, cancellationToken);
        Problem? conflict = null;
        await alerts.UpdateAsync(
            caller.Tenant,
            book =>
            {
                conflict = book.Rules.Count >= MaxRules ? Problem.Conflict("too_many_rules", $"A tenant has at most {MaxRules} rules of its own; delete one.")
                    : book.Rules.Any(other => other.Name == rule.Name && other.Id != rule.Id) ? Problem.Conflict("name_taken", "Another rule has this name.")
                    : null;
                return conflict is not null || book.Rules.Any(other => other.Id == rule.Id) ? null : book with { Rules = [.. book.Rules, rule] };
            },
            cancellationToken);
        return conflict is not null ? conflict : TypedResults.Created($"/v1/alerts/{rule.Id}", new Alert(rule, false, false, null, null));
    }

    private static async Task<IResult> Delete(string id, Caller caller, AlertStore alerts, CancellationToken cancellationToken)
    {
        var found = false;
        await alerts.UpdateAsync(
            caller.Tenant,
            book =>
            {
                found = book.Rules.Any(rule => rule.Id == id);
                return found
                    ? new AlertBook([.. book.Rules.Where(rule => rule.Id != id)], book.States.Where(state => state.Key != id).ToDictionary())
                    : null;
            },
            cancellationToken);
        return found ? TypedResults.NoContent() : Problem.NotFound("alert");
    }

    private static Alert Show(AlertBook book, AlertRule rule)
    {
        var state = book.StateOf(rule);
        return new Alert(rule, AlertRule.Defaults.Contains(rule), state.Firing, state.Sequence > 0 ? state.Since : null, state.Measured);
    }
}
