using System.Text.Json;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Agents.Conversation.Catalog;

/// <summary>Makes an agent.</summary>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="Instructions">1 to 32,000 characters, given to the model before everything else.</param>
/// <param name="Model">A model id; default <c>default</c>.</param>
/// <param name="Collections">At most 32 collection ids; absent: every collection of the tenant; empty: none.</param>
/// <param name="Lane">The lane of its jobs; default <c>standard</c>.</param>
/// <param name="Degrade"><c>refuse</c> (default) or <c>without_sources</c>.</param>
/// <param name="Tools">Not offered by this version: absent or empty.</param>
/// <param name="Guardrails">Not offered by this version: absent or empty.</param>
/// <param name="Memory">Not offered by this version: absent or empty.</param>
public sealed record CreateAgent(
    string? Name, string? Instructions, string? Model, IReadOnlyList<string>? Collections, string? Lane, Degrade? Degrade,
    JsonElement? Tools, JsonElement? Guardrails, JsonElement? Memory);

internal static class CatalogEndpoints
{
    public static void AddCatalog(this IServiceCollection services) => services.AddSingleton<AgentStore>();

    public static void MapCatalog(this IEndpointRouteBuilder routes)
    {
        var agents = routes.MapGroup("/v1/agents").WithTags("Agents");
        agents.MapPost("/", Create).RequireScope(Scopes.Admin).WithIdempotency().WithSummary("Make an agent.");
        agents.MapGet("/", List).RequireScope(Scopes.Sessions).WithSummary("List agents; 'default' exists besides them.");
        agents.MapGet("/{id}", Get).RequireScope(Scopes.Sessions).WithSummary("One agent.");
    }

    private static async Task<Results<Created<Agent>, Problem>> Create(
        CreateAgent request, Caller caller, AgentStore agents, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Refusal(request) is { } refusal)
            return refusal;
        var agent = new Agent(
            Ids.New(AgentStore.Prefix), 1, request.Name!, request.Instructions!, request.Model ?? "default", request.Collections,
            request.Lane ?? "standard", request.Degrade ?? Degrade.Refuse, time.GetUtcNow());
        return TypedResults.Created($"/v1/agents/{agent.Id}", await agents.AddAsync(caller, agent, cancellationToken));
    }

    private static async Task<Results<Ok<Page<Agent>>, Problem>> List(
        [AsParameters] PageQuery query, Caller caller, AgentStore agents, CancellationToken cancellationToken) =>
        query.Refusal(AgentStore.Prefix) is { } refusal ? refusal : TypedResults.Ok(await agents.PageAsync(caller.Tenant, query, cancellationToken));

    private static async Task<Results<Ok<Agent>, Problem>> Get(string id, Caller caller, AgentStore agents, CancellationToken cancellationToken) =>
        await agents.FindAsync(caller.Tenant, id, cancellationToken) is { } agent ? TypedResults.Ok(agent) : Problem.NotFound("agent");

    private static Problem? Refusal(CreateAgent request) =>
        Checks.Text("name", request.Name, 100)
        ?? Checks.Text("instructions", request.Instructions, 32_000)
        ?? (request.Model is null ? null : Checks.Text("model", request.Model, 200))
        ?? (request.Lane is null ? null : Checks.Text("lane", request.Lane, 40))
        ?? Checks.Items("collections", request.Collections, 32, 100)
        ?? request.Collections?.Where(id => !Ids.IsValid("coll", id)).Select(_ => Problem.Invalid("collections", "collections holds something that is no collection id.")).FirstOrDefault()
        ?? NotOffered("tools", request.Tools) ?? NotOffered("guardrails", request.Guardrails) ?? NotOffered("memory", request.Memory);

    // Taking a policy and not following it would be worse than saying so.
    private static Problem? NotOffered(string field, JsonElement? value) => value is { } given
        && !(given.ValueKind is JsonValueKind.Null || (given.ValueKind is JsonValueKind.Array && given.GetArrayLength() == 0)
            || (given.ValueKind is JsonValueKind.Object && !given.EnumerateObject().Any()))
        ? Problem.Invalid(field, $"{field} is not offered by this version; leave it out.", "not_offered")
        : null;
}
