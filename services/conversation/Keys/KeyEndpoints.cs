using Agents.Contracts;
using Agents.Conversation.Tenants;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Agents.Conversation.Keys;

/// <summary>Makes an API key.</summary>
/// <param name="Name">1 to 100 characters.</param>
/// <param name="Scopes">At least one of admin, sessions, sessions:delegate, documents, models, jobs, analytics.</param>
/// <param name="Tenant">Whose key; default the caller's own tenant. Another one only by an admin of the tenant 'default'.</param>
/// <param name="ExpiresInDays">1 to 3,650; absent: never.</param>
public sealed record CreateKey(string? Name, IReadOnlyList<string>? Scopes, string? Tenant, int? ExpiresInDays);

/// <summary>Gives a key a new secret.</summary>
/// <param name="OverlapSeconds">How long the old secret still works: 0 (default) to 604,800.</param>
public sealed record RotateKey(int? OverlapSeconds);

internal static class KeyEndpoints
{
    public static void AddKeys(this IServiceCollection services)
    {
        services.AddSingleton<KeyStore>();
        services.AddSingleton<IKeySource>(provider => provider.GetRequiredService<KeyStore>());
    }

    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("/v1/keys").WithTags("Keys").RequireScope(Scopes.Admin);
        keys.MapPost("/", Create).WithAudit("key.create").WithIdempotency(secret: true).WithSummary("Make a key; its secret is shown only in this answer.");
        keys.MapGet("/", List).WithSummary("List the tenant's keys, without secrets.");
        keys.MapGet("/{id}", Get).WithSummary("One key, without its secret.");
        keys.MapPost("/{id}/rotate", Rotate).WithAudit("key.rotate").WithIdempotency(secret: true).WithSummary("Give the key a new secret.");
        keys.MapDelete("/{id}", Revoke).WithAudit("key.revoke").WithSummary("Revoke the key; refused everywhere within 30 s.");
        routes.MapPost("/internal/keys/authenticate", Authenticate).RequireInternal();
    }

    private static async Task<Results<Created<ApiKey>, Problem>> Create(
        CreateKey request, HttpContext http, Caller caller, KeyStore keys, TenantStore tenants, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Refusal(request) is { } refusal)
            return refusal;
        var tenant = request.Tenant ?? caller.Tenant;
        if (tenant != caller.Tenant && (!caller.IsOperator || await tenants.FindAsync(tenant, cancellationToken) is null))
            return Problem.NotFound("tenant");
        DateTimeOffset? expires = request.ExpiresInDays is { } days ? time.GetUtcNow().AddDays(days) : null;
        var key = await keys.CreateAsync(http.NewId(KeyFormat.Prefix), tenant, request.Name!, [.. request.Scopes!.Distinct()], expires, cancellationToken);
        return TypedResults.Created($"/v1/keys/{key.Id}", key);
    }

    private static async Task<Results<Ok<Page<ApiKey>>, Problem>> List(
        [AsParameters] PageQuery query, Caller caller, KeyStore keys, CancellationToken cancellationToken) =>
        query.Refusal(KeyFormat.Prefix) is { } refusal ? refusal : TypedResults.Ok(await keys.PageAsync(caller.Tenant, query, cancellationToken));

    private static async Task<Results<Ok<ApiKey>, Problem>> Get(string id, Caller caller, KeyStore keys, CancellationToken cancellationToken) =>
        await FindAsync(id, caller, keys, cancellationToken) is { } found ? TypedResults.Ok(ApiKey.From(found)) : Problem.NotFound("key");

    private static async Task<Results<Ok<ApiKey>, Problem>> Rotate(
        string id, RotateKey? request, HttpContext http, Caller caller, KeyStore keys, CancellationToken cancellationToken)
    {
        if (request?.OverlapSeconds is < 0 or > 604_800)
            return Problem.Invalid("overlap_seconds", "overlap_seconds must be 0 to 604800.");
        if (await FindAsync(id, caller, keys, cancellationToken) is not { } found)
            return Problem.NotFound("key");
        if (found.RevokedAt is not null)
            return Problem.Conflict("key_revoked", "A revoked key cannot be rotated; make a new one.");
        return await keys.RotateAsync(id, http.NewId("rotation"), TimeSpan.FromSeconds(request?.OverlapSeconds ?? 0), cancellationToken) is { } rotated
            ? TypedResults.Ok(rotated)
            : Problem.NotFound("key");
    }

    private static async Task<Results<Ok<ApiKey>, Problem>> Revoke(string id, Caller caller, KeyStore keys, CancellationToken cancellationToken) =>
        await FindAsync(id, caller, keys, cancellationToken) is not null && await keys.RevokeAsync(id, cancellationToken) is { } revoked
            ? TypedResults.Ok(revoked)
            : Problem.NotFound("key");

    private static async Task<Results<Ok<AuthenticatedKey>, Problem>> Authenticate(
        AuthenticateKey request, IKeySource keys, CancellationToken cancellationToken) =>
        await keys.FindAsync(request, cancellationToken) is { } found ? TypedResults.Ok(found) : Problem.NotFound("key");

    private static async Task<KeyRecord?> FindAsync(string id, Caller caller, KeyStore keys, CancellationToken cancellationToken) =>
        Ids.IsValid(KeyFormat.Prefix, id) && await keys.GetAsync(id, cancellationToken) is { } found
            && (found.Tenant == caller.Tenant || caller.IsOperator) ? found : null;

    private static Problem? Refusal(CreateKey request) =>
        Checks.Text("name", request.Name, 100)
        ?? (request.Scopes is not { Count: > 0 } scopes ? Problem.Invalid("scopes", "scopes must name at least one scope.")
            : scopes.FirstOrDefault(scope => !Scopes.All.Contains(scope)) is { } unknown || scopes.Any(scope => scope is null)
                ? Problem.Invalid("scopes", $"scopes may hold {string.Join(", ", Scopes.All)}.")
            : request.ExpiresInDays is < 1 or > 3_650 ? Problem.Invalid("expires_in_days", "expires_in_days must be 1 to 3650.")
            : null);
}
