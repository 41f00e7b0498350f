using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Agents.Conversation.Tenants;

/// <summary>Opens a tenant.</summary>
/// <param name="Name">1 to 100 characters.</param>
public sealed record CreateTenant(string? Name);

internal static class TenantEndpoints
{
    public static IServiceCollection AddTenants(this IServiceCollection services) => services.AddSingleton<TenantStore>();

    public static void MapTenants(this IEndpointRouteBuilder routes)
    {
        var tenants = routes.MapGroup("/v1/tenants").WithTags("Tenants").RequireScope(Scopes.Admin);
        tenants.MapPost("/", Create).WithAudit("tenant.create").WithIdempotency().WithSummary("Open a tenant; only admins of the tenant 'default' may.");
        tenants.MapGet("/", List).WithSummary("List tenants; only admins of the tenant 'default' may.");
        tenants.MapGet("/{id}", Get).WithSummary("One tenant.");
    }

    private static async Task<Results<Created<Tenant>, Problem>> Create(
        CreateTenant request, HttpContext http, Caller caller, TenantStore tenants, CancellationToken cancellationToken)
    {
        if (!caller.IsOperator)
            return OperatorsOnly;
        if (Checks.Text("name", request.Name, 100) is { } refusal)
            return refusal;
        var tenant = await tenants.CreateAsync(http.NewId(TenantStore.Prefix), request.Name!, cancellationToken);
        return TypedResults.Created($"/v1/tenants/{tenant.Id}", tenant);
    }

    private static async Task<Results<Ok<Page<Tenant>>, Problem>> List(
        [AsParameters] PageQuery query, Caller caller, TenantStore tenants, CancellationToken cancellationToken)
    {
        if (!caller.IsOperator)
            return OperatorsOnly;
        if (query.Refusal(TenantStore.Prefix) is { } refusal)
            return refusal;
        return TypedResults.Ok(await tenants.PageAsync(query, cancellationToken));
    }

    private static async Task<Results<Ok<Tenant>, Problem>> Get(string id, Caller caller, TenantStore tenants, CancellationToken cancellationToken) =>
        (caller.IsOperator || caller.Tenant == id) && await tenants.FindAsync(id, cancellationToken) is { } tenant
            ? TypedResults.Ok(tenant)
            : Problem.NotFound("tenant");

    private static Problem OperatorsOnly { get; } = new(403, "operator_only", "Only an admin key of the tenant 'default' may do this.");
}
