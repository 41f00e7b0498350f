using Agents.Analytics.Audit;
using Agents.Defaults.Api;
using Agents.Defaults.Events;
using Agents.Defaults.Identity;

namespace Agents.Analytics.Users;

/// <summary>Erases a user. In a body, because addresses end up in logs.</summary>
/// <param name="User">As sessions name the user; at most 200 characters.</param>
public sealed record EraseUser(string? User);

/// <summary>What came of an erasure.</summary>
/// <param name="AuditEntries">Audit entries about the user, whose content is gone; the chain holds.</param>
public sealed record UserErasure(int AuditEntries);

/// <summary>Users, as far as analytics knows them.</summary>
internal static class UserEndpoints
{
    public static void AddUsers(this IServiceCollection services) => services.AddSingleton<Pseudonyms>();

    public static void MapUsers(this IEndpointRouteBuilder routes) => routes.MapPost("/v1/analytics/users/erase", Erase)
        .WithAudit("user.erase").RequireScope(Scopes.Admin).WithTags("Analytics").Produces<UserErasure>().WithName("EraseUser")
        .WithSummary("Erase who a user is: figures and events stay and name nobody any more; audit entries about the user lose their content");

    private static async Task<IResult> Erase(EraseUser request, Caller caller, Pseudonyms pseudonyms, AuditLog audit, CancellationToken cancellationToken)
    {
        if (Checks.Text("user", request.User, 200) is { } refusal)
            return refusal;
        // The pseudonym goes last: an erasure that broke off is finished when it is asked for again.
        var erased = await pseudonyms.FindAsync(caller.Tenant, request.User!, cancellationToken) is { } pseudonym
            ? await audit.EraseAsync(caller.Tenant, pseudonym, cancellationToken)
            : 0;
        await pseudonyms.ForgetAsync(caller.Tenant, request.User!, cancellationToken);
        return TypedResults.Ok(new UserErasure(erased));
    }
}
