using System.Text.Json;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Agents.Inference.Deployments;

/// <summary>A deployment and where it comes from: <c>registry</c> (this API) or <c>configuration</c>.</summary>
public sealed record DeploymentInfo(string Id, string Source, DeploymentDefinition Definition);

/// <summary>All deployments; never more than the configuration and the registry may hold, so there are no pages.</summary>
public sealed record DeploymentList(string Object, IReadOnlyList<DeploymentInfo> Data);

/// <summary>All aliases; at most 150.</summary>
public sealed record AliasList(string Object, IReadOnlyList<AliasDefinition> Data);

/// <summary>Deployments and aliases belong to the installation: only the operator sees and changes them.</summary>
internal static class DeploymentEndpoints
{
    private const string InForce = " In force on every replica within two seconds; calls under way end as they began.";

    public static IServiceCollection AddDeployments(this IServiceCollection services) =>
        services.AddSingleton<Catalog>().AddSingleton<Registry>().AddHostedService<CatalogFollower>();

    public static void MapDeployments(this IEndpointRouteBuilder routes)
    {
        var deployments = routes.MapGroup("/v1/deployments").WithTags("Deployments").RequireScope(Scopes.Admin)
            .AddEndpointFilter((context, next) => OperatorOnly(context, next, "deployment"));
        deployments.MapPost("/", (DeploymentDefinition body, Registry registry, CancellationToken cancellationToken) => PutAsync(body, true, registry, cancellationToken))
            .WithAudit("deployment.create").WithName("CreateDeployment").WithIdempotency().WithSummary("Offer a model." + InForce);
        deployments.MapGet("/", List).WithName("ListDeployments").WithSummary("All deployments, those of the configuration included.");
        deployments.MapGet("/{**id}", Get).WithName("GetDeployment").WithSummary("One deployment.");
        deployments.MapPut("/{**id}", Replace).WithAudit("deployment.replace").WithName("ReplaceDeployment").WithSummary("Change a deployment." + InForce);
        deployments.MapDelete("/{**id}", Delete).WithAudit("deployment.delete").WithName("DeleteDeployment").WithSummary("Withdraw a deployment that no alias names." + InForce);

        var aliases = routes.MapGroup("/v1/aliases").WithTags("Aliases").RequireScope(Scopes.Admin)
            .AddEndpointFilter((context, next) => OperatorOnly(context, next, "alias"));
        aliases.MapPost("/", (AliasDefinition body, Registry registry, CancellationToken cancellationToken) => PutAsync(body, true, registry, cancellationToken))
            .WithAudit("alias.create").WithName("CreateAlias").WithIdempotency().WithSummary("Name an ordered or weighted set of deployments." + InForce);
        aliases.MapGet("/", (Catalog catalog) => TypedResults.Ok(new AliasList("list", [.. catalog.Registry.Aliases.Values.OrderBy(alias => alias.Id, StringComparer.Ordinal)])))
            .WithName("ListAliases").WithSummary("All aliases.");
        aliases.MapGet("/{**id}", GetAlias).WithName("GetAlias").WithSummary("One alias.");
        aliases.MapPut("/{**id}", ReplaceAlias).WithAudit("alias.replace").WithName("ReplaceAlias").WithSummary("Change an alias." + InForce);
        aliases.MapDelete("/{**id}", DeleteAlias).WithAudit("alias.delete").WithName("DeleteAlias").WithSummary("Remove an alias.");
    }

    private static async Task<Results<Created<DeploymentDefinition>, Ok<DeploymentDefinition>, Problem>> PutAsync(
        DeploymentDefinition body, bool create, Registry registry, CancellationToken cancellationToken)
    {
        if (Refusal(Rules.Of(body)) is { } refusal)
            return refusal;
        if (await registry.PutAsync(body, create, cancellationToken) is { } problem)
            return problem;
        return create ? TypedResults.Created($"/v1/deployments/{Uri.EscapeDataString(body.Id)}", body) : TypedResults.Ok(body);
    }

    private static async Task<Results<Created<AliasDefinition>, Ok<AliasDefinition>, Problem>> PutAsync(
        AliasDefinition body, bool create, Registry registry, CancellationToken cancellationToken)
    {
        if (Refusal(Rules.Of(body)) is { } refusal)
            return refusal;
        if (await registry.PutAsync(body, create, cancellationToken) is { } problem)
            return problem;
        return create ? TypedResults.Created($"/v1/aliases/{Uri.EscapeDataString(body.Id)}", body) : TypedResults.Ok(body);
    }

    private static Ok<DeploymentList> List(Catalog catalog) => TypedResults.Ok(new DeploymentList("list", [
        .. catalog.Registry.Deployments.Values.OrderBy(deployment => deployment.Id, StringComparer.Ordinal)
            .Select(deployment => new DeploymentInfo(deployment.Id, "registry", deployment)),
        .. catalog.ConfiguredIds.Select(id => new DeploymentInfo(id, "configuration", catalog.Configured(id)!)),
    ]));

    private static Results<Ok<DeploymentInfo>, Problem> Get(string id, Catalog catalog)
    {
        var name = Names.FromPath(id);
        if (catalog.Registry.Deployments.GetValueOrDefault(name) is { } made)
            return TypedResults.Ok(new DeploymentInfo(name, "registry", made));
        return catalog.Configured(name) is { } configured
            ? TypedResults.Ok(new DeploymentInfo(name, "configuration", configured))
            : Problem.NotFound("deployment");
    }

    private static async Task<IResult> Replace(string id, DeploymentDefinition body, Registry registry, CancellationToken cancellationToken) =>
        body.Id == Names.FromPath(id) ? await PutAsync(body, false, registry, cancellationToken) : OtherId();

    private static async Task<Results<NoContent, Problem>> Delete(string id, Registry registry, CancellationToken cancellationToken) =>
        await registry.DeleteDeploymentAsync(Names.FromPath(id), cancellationToken) is { } problem ? problem : TypedResults.NoContent();

    private static Results<Ok<AliasDefinition>, Problem> GetAlias(string id, Catalog catalog) =>
        catalog.Registry.Aliases.GetValueOrDefault(Names.FromPath(id)) is { } alias ? TypedResults.Ok(alias) : Problem.NotFound("alias");

    private static async Task<IResult> ReplaceAlias(string id, AliasDefinition body, Registry registry, CancellationToken cancellationToken) =>
        body.Id == Names.FromPath(id) ? await PutAsync(body, false, registry, cancellationToken) : OtherId();

    private static async Task<Results<NoContent, Problem>> DeleteAlias(string id, Registry registry, CancellationToken cancellationToken) =>
        await registry.DeleteAliasAsync(Names.FromPath(id), cancellationToken) is { } problem ? problem : TypedResults.NoContent();

    // To a tenant, those of the installation are as unknown as another tenant's own.
    private static async ValueTask<object?> OperatorOnly(EndpointFilterInvocationContext context, EndpointFilterDelegate next, string noun)
    {
        if (context.HttpContext.Caller().IsOperator)
            return await next(context);
        return context.HttpContext.GetRouteValue("id") is not null
            ? Problem.NotFound(noun)
            : new Problem(403, "not_allowed", "Deployments and aliases belong to the installation; only its operator's keys may use this route.");
    }

    private static Problem OtherId() => Problem.Invalid("id", "id must be the one in the path.");

    private static Problem? Refusal(IEnumerable<Fault> faults)
    {
        foreach (var fault in faults)
        {
            var field = JsonNamingPolicy.SnakeCaseLower.ConvertName(fault.Member == "Endpoint" ? "Endpoints" : fault.Member);
            return Problem.Invalid(field, $"{field} {fault.Rest}");
        }
        return null;
    }
}
