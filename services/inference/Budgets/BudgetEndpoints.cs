using System.Globalization;
using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;
using Agents.Inference.Accounts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Agents.Inference.Budgets;

/// <summary>What a budget is made of; amounts of money are micro-units, as text or number.</summary>
/// <param name="Tenant">Default: the caller's own; another only for the operator.</param>
/// <param name="Subject">Id of the key or agent, when the scope is one.</param>
public sealed record BudgetRequest(
    BudgetScope? Scope, BudgetPeriod? Period, string? Tenant, string? Subject,
    [property: System.Text.Json.Serialization.JsonNumberHandling(
        System.Text.Json.Serialization.JsonNumberHandling.WriteAsString | System.Text.Json.Serialization.JsonNumberHandling.AllowReadingFromString)]
    long? LimitMicros,
    [property: System.Text.Json.Serialization.JsonNumberHandling(
        System.Text.Json.Serialization.JsonNumberHandling.WriteAsString | System.Text.Json.Serialization.JsonNumberHandling.AllowReadingFromString)]
    long? SoftLimitMicros,
    int? RequestsPerMinute, int? TokensPerMinute);

/// <summary>A budget and where it stands in its current period.</summary>
/// <param name="SpentMicros">Charged by calls, each with its event.</param>
/// <param name="UnattributedMicros">Lost with replicas that died; counts as spent.</param>
/// <param name="LeasedMicros">Held by replicas for calls under way or soon to come.</param>
public sealed record BudgetInfo(Budget Budget, string SpentMicros, string UnattributedMicros, string LeasedMicros, DateTimeOffset PeriodEnds);

internal static class BudgetEndpoints
{
    private const string Prefix = "bud";
    private const long MaxMicros = 1_000_000_000_000_000;

    public static IServiceCollection AddBudgets(this IServiceCollection services) => services.AddSingleton<BudgetBook>();

    public static void MapBudgets(this IEndpointRouteBuilder routes)
    {
        var budgets = routes.MapGroup("/v1/budgets").WithTags("Budgets").RequireScope(Scopes.Admin);
        budgets.MapPost("/", Create).WithAudit("budget.create").WithName("CreateBudget").WithIdempotency()
            .WithSummary("Limit what a tenant, a key or an agent may spend; in force on every replica within two seconds.");
        budgets.MapGet("/", List).WithName("ListBudgets").WithSummary("The tenant's budgets; the operator sees all, or those of ?tenant=.");
        budgets.MapGet("/{id}", Get).WithName("GetBudget").WithSummary("A budget and what is spent of it.");
        budgets.MapPut("/{id}", Replace).WithAudit("budget.replace").WithName("ReplaceBudget").WithSummary("Change a budget; what is spent of it stays spent.");
        budgets.MapDelete("/{id}", Delete).WithAudit("budget.delete").WithName("DeleteBudget").WithSummary("Remove a budget.");
    }

    private static async Task<Results<Created<Budget>, Problem>> Create(
        BudgetRequest request, Caller caller, BudgetBook book, EventPublisher events, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Refusal(request, caller) is { } refusal)
            return refusal;
        var budget = Make(Ids.New(Prefix), request, request.Tenant ?? caller.Tenant, caller);
        var full = await book.ChangeAsync(record => record.Budgets.Count < BudgetBook.Max
            ? (record with { Budgets = record.Budgets.SetItem(budget.Id, budget) }, null)
            : (null, Problem.Conflict("too_many_budgets", $"There are {BudgetBook.Max} budgets already.")), cancellationToken);
        if (full is not null)
            return full;
        Tell(budget, book, events, time);
        return TypedResults.Created($"/v1/budgets/{budget.Id}", budget);
    }

    private static Results<Ok<Page<Budget>>, Problem> List([AsParameters] PageQuery query, string? tenant, Caller caller, BudgetBook book)
    {
        if (query.Refusal(Prefix) is { } refusal)
            return refusal;
        var seen = book.Budgets.Where(budget => MaySee(budget, caller) && (tenant is null || budget.Tenant == tenant))
            .OrderBy(budget => budget.Id, StringComparer.Ordinal).ToList();
        if (!query.Ascending)
            seen.Reverse();
        var after = query.After is null ? seen
            : [.. seen.Where(budget => string.CompareOrdinal(budget.Id, query.After) * (query.Ascending ? 1 : -1) > 0)];
        var page = after.Take(query.Size).ToList();
        return TypedResults.Ok(new Page<Budget>(page, page.FirstOrDefault()?.Id, page.LastOrDefault()?.Id, after.Count > page.Count));
    }

    private static async Task<Results<Ok<BudgetInfo>, Problem>> Get(
        string id, Caller caller, BudgetBook book, AccountStore accounts, TimeProvider time, CancellationToken cancellationToken)
    {
        if (book.Find(id) is not { } budget || !MaySee(budget, caller))
            return Problem.NotFound("budget");
        var account = await accounts.GetAsync(budget.Tenant, cancellationToken);
        // A budget of rates only has no money to show; its minute serves for the period's end.
        var meter = Limit.Of(budget).First().At(time.GetUtcNow());
        var total = meter.Limit.Unit == Unit.Micros ? account.Totals.GetValueOrDefault(meter.Key) ?? Total.Empty : Total.Empty;
        var leased = meter.Limit.Unit == Unit.Micros ? account.Taken(meter.Key) - total.Spent - total.Unattributed : 0;
        return TypedResults.Ok(new BudgetInfo(budget, Text(total.Spent), Text(total.Unattributed), Text(leased), meter.Ends));
    }

    private static async Task<Results<Ok<Budget>, Problem>> Replace(
        string id, BudgetRequest request, Caller caller, BudgetBook book, EventPublisher events, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Refusal(request, caller) is { } refusal)
            return refusal;
        Budget? next = null;
        var problem = await book.ChangeAsync(record =>
        {
            if (record.Budgets.GetValueOrDefault(id) is not { } known || !MaySee(known, caller))
                return (null, Problem.NotFound("budget"));
            if (request.Tenant is not null && request.Tenant != known.Tenant)
                return (null, Problem.Invalid("tenant", "tenant cannot be changed; make another budget."));
            if (Forbidden(known, caller) is { } forbidden)
                return (null, forbidden);
            next = Make(id, request, known.Tenant, caller);
            return (record with { Budgets = record.Budgets.SetItem(id, next) }, null);
        }, cancellationToken);
        if (problem is not null)
            return problem;
        Tell(next!, book, events, time);
        return TypedResults.Ok(next);
    }

    private static async Task<Results<NoContent, Problem>> Delete(string id, Caller caller, BudgetBook book, CancellationToken cancellationToken)
    {
        var problem = await book.ChangeAsync(record =>
        {
            if (record.Budgets.GetValueOrDefault(id) is not { } known || !MaySee(known, caller))
                return (null, Problem.NotFound("budget"));
            return Forbidden(known, caller) is { } forbidden ? (null, forbidden) : (record with { Budgets = record.Budgets.Remove(id) }, null);
        }, cancellationToken);
        return problem is null ? TypedResults.NoContent() : problem;
    }

    private static Budget Make(string id, BudgetRequest request, string tenant, Caller caller) => new(
        id, tenant, request.Scope ?? BudgetScope.Tenant, request.Subject, request.Period ?? BudgetPeriod.Month, request.LimitMicros, request.SoftLimitMicros,
        request.RequestsPerMinute, request.TokensPerMinute, caller.IsOperator && tenant != caller.Tenant);

    private static void Tell(Budget budget, BudgetBook book, EventPublisher events, TimeProvider time) => events.Publish(
        new BudgetChanged(budget.Tenant, time.GetUtcNow(), budget.Id, "set", budget.LimitMicros ?? 0, 0, -(int)book.Revision));

    private static bool MaySee(Budget budget, Caller caller) => budget.Tenant == caller.Tenant || caller.IsOperator;

    private static Problem? Forbidden(Budget budget, Caller caller) => budget.SetByOperator && !caller.IsOperator
        ? new Problem(403, "set_by_operator", "The operator set this budget; only the operator changes it.")
        : null;

    private static Problem? Refusal(BudgetRequest request, Caller caller)
    {
        if (request.Tenant is not null && request.Tenant != caller.Tenant && !caller.IsOperator)
            return Problem.Invalid("tenant", "tenant may be set by the operator only.");
        if (Checks.Optional("tenant", request.Tenant, 64) is { } tenant)
            return tenant;
        var named = (request.Scope ?? BudgetScope.Tenant) != BudgetScope.Tenant;
        if (named && Checks.Text("subject", request.Subject, 128) is { } subject)
            return subject;
        if (!named && request.Subject is not null)
            return Problem.Invalid("subject", "subject is only for budgets of a key or an agent.");
        if (request is { LimitMicros: null, SoftLimitMicros: null, RequestsPerMinute: null, TokensPerMinute: null })
            return Problem.Invalid("limit_micros", "Give at least one of limit_micros, soft_limit_micros, requests_per_minute, tokens_per_minute.");
        return Number("limit_micros", request.LimitMicros, 0, MaxMicros) ?? Number("soft_limit_micros", request.SoftLimitMicros, 1, MaxMicros)
            ?? Number("requests_per_minute", request.RequestsPerMinute, 1, 100_000_000) ?? Number("tokens_per_minute", request.TokensPerMinute, 1, int.MaxValue);
    }

    private static Problem? Number(string field, long? value, long min, long max) =>
        value < min || value > max ? Problem.Invalid(field, $"{field} must be {min} to {max}.") : null;

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
