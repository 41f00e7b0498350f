using System.Globalization;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Agents.Conversation.Catalog;

/// <summary>Changes which version is live.</summary>
/// <param name="Version">One of the agent's versions.</param>
public sealed record SetLiveVersion(int? Version);

internal static class CatalogEndpoints
{
    public static void AddCatalog(this IServiceCollection services) => services.AddSingleton<AgentStore>();

    public static void MapCatalog(this IEndpointRouteBuilder routes)
    {
        var agents = routes.MapGroup("/v1/agents").WithTags("Agents");
        agents.MapPost("/", Create).WithAudit("agent.create").RequireScope(Scopes.Admin).WithIdempotency().WithSummary("Make an agent.");
        agents.MapGet("/", List).RequireScope(Scopes.Sessions).WithSummary("List agents, each with its live version; 'default' exists besides them.");
        agents.MapGet("/{id}", Get).RequireScope(Scopes.Sessions).WithSummary("One agent: its live version.");
        agents.MapPost("/{id}/versions", AddVersion).WithAudit("agent.add_version").RequireScope(Scopes.Admin).WithIdempotency().WithSummary("Add a version; it answers once it is live.");
        agents.MapGet("/{id}/versions", ListVersions).RequireScope(Scopes.Sessions).WithSummary("List an agent's versions, newest first.");
        agents.MapGet("/{id}/versions/{version}", GetVersion).RequireScope(Scopes.Sessions).WithSummary("One version of an agent.");
        agents.MapPost("/{id}/live", SetLive).WithAudit("agent.go_live").RequireScope(Scopes.Admin).WithSummary("Let another version answer, from the next turn on.");
        agents.MapPost("/{id}/rollback", RollBack).WithAudit("agent.roll_back").RequireScope(Scopes.Admin).WithSummary("Let the version answer again that was live before.");
    }

    private static async Task<Results<Created<Agent>, Problem>> Create(
        CreateAgent request, HttpContext http, Caller caller, AgentStore agents, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.Refusal() is { } refusal)
            return refusal;
        var agent = request.ToAgent(http.NewId(AgentStore.Prefix), time.GetUtcNow());
        return TypedResults.Created($"/v1/agents/{agent.Id}", (await agents.CreateAsync(caller.Tenant, agent, cancellationToken)).Shown());
    }

    private static async Task<Results<Created<Agent>, Problem>> AddVersion(
        string id, CreateAgent request, HttpContext http, Caller caller, AgentStore agents, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await agents.HeadAsync(caller.Tenant, id, cancellationToken) is null)
            return Problem.NotFound("agent");
        if (request.Refusal() is { } refusal)
            return refusal;
        return await agents.AddVersionAsync(
            caller.Tenant, request.ToAgent(id, time.GetUtcNow()), request.Live ?? false, http.NewId("addition"), cancellationToken) is { } added
            ? TypedResults.Created($"/v1/agents/{id}/versions/{added.Version}", added.Shown())
            : Problem.NotFound("agent");
    }

    private static async Task<Results<Ok<Page<Agent>>, Problem>> List(
        [AsParameters] PageQuery query, Caller caller, AgentStore agents, CancellationToken cancellationToken)
    {
        if (query.Refusal(AgentStore.Prefix) is { } refusal)
            return refusal;
        var page = await agents.PageAsync(caller.Tenant, query, cancellationToken);
        return TypedResults.Ok(page with { Data = [.. page.Data.Select(agent => agent.Shown())] });
    }

    private static async Task<Results<Ok<Agent>, Problem>> Get(string id, Caller caller, AgentStore agents, CancellationToken cancellationToken) =>
        await agents.FindAsync(caller.Tenant, id, null, cancellationToken) is { } agent ? TypedResults.Ok(agent.Shown()) : Problem.NotFound("agent");

    private static async Task<Results<Ok<Agent>, Problem>> GetVersion(
        string id, string version, Caller caller, AgentStore agents, CancellationToken cancellationToken) =>
        int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && await agents.FindAsync(caller.Tenant, id, number, cancellationToken) is { } agent ? TypedResults.Ok(agent.Shown()) : Problem.NotFound("agent");

    /// <param name="before">Versions below this one: the number of the last version of the page before.</param>
    private static async Task<Results<Ok<Page<Agent>>, Problem>> ListVersions(
        string id, int? limit, int? before, Caller caller, AgentStore agents, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > 100)
            return Problem.Invalid("limit", "limit must be 1 to 100.");
        if (await agents.HeadAsync(caller.Tenant, id, cancellationToken) is not { } head)
            return Problem.NotFound("agent");
        var rest = head.Versions.Where(version => before is null || version < before).Reverse().ToList();
        var data = await agents.VersionsAsync(caller.Tenant, id, head, [.. rest.Take(limit ?? 20)], cancellationToken);
        return TypedResults.Ok(new Page<Agent>([.. data.Select(agent => agent.Shown())], Number(data, 0), Number(data, data.Count - 1), rest.Count > data.Count));

        static string? Number(IReadOnlyList<Agent> agents, int at) =>
            at >= 0 && at < agents.Count ? agents[at].Version.ToString(CultureInfo.InvariantCulture) : null;
    }

    private static async Task<Results<Ok<Agent>, Problem>> SetLive(
        string id, SetLiveVersion request, Caller caller, AgentStore agents, CancellationToken cancellationToken)
    {
        if (await agents.HeadAsync(caller.Tenant, id, cancellationToken) is not { } head)
            return Problem.NotFound("agent");
        if (request.Version is not { } version || !head.Versions.Contains(version))
            return Problem.Invalid("version", "version must be one of the agent's versions.");
        return await agents.GoLiveAsync(caller.Tenant, id, current => current.GoLive(version), cancellationToken) is { } live
            ? TypedResults.Ok(live.Shown())
            : Problem.NotFound("agent");
    }

    private static async Task<Results<Ok<Agent>, Problem>> RollBack(string id, Caller caller, AgentStore agents, CancellationToken cancellationToken)
    {
        if (await agents.HeadAsync(caller.Tenant, id, cancellationToken) is not { } head)
            return Problem.NotFound("agent");
        if (head.Former.Count == 0)
            return Problem.Conflict("nothing_before", "No other version was live before this one.");
        return await agents.GoLiveAsync(caller.Tenant, id, current => current.RollBack(), cancellationToken) is { } live
            ? TypedResults.Ok(live.Shown())
            : Problem.NotFound("agent");
    }
}
