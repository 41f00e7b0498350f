using Agents.Contracts;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;

namespace Agents.Defaults.Events;

/// <summary>How routes that change something state that who did so is to be remembered.</summary>
public static class AuditTrail
{
    private const string Prefix = "audit";
    private static readonly object User = new();

    /// <summary>What the route changes are this user's data: with the user's erasure goes what its audit entry says.</summary>
    public static void AuditUser(this HttpContext http, string? user) => http.Items[User] = user;

    /// <summary>
    /// When the route has succeeded, an <see cref="AuditRecorded"/> is with the broker before the caller gets the answer. When the broker
    /// is away the caller is told so, although the change stands: asked for again, it is recorded. Bodies are not kept.
    /// </summary>
    /// <param name="action">As <c>noun.verb</c>: what was acted on is the noun with the id of the route, which goes by that name or <c>id</c>, or of the answer.</param>
    public static RouteHandlerBuilder WithAudit(this RouteHandlerBuilder builder, string action) => builder.AddEndpointFilter(async (context, next) =>
    {
        var noun = action[..action.IndexOf('.', StringComparison.Ordinal)];
        var result = await next(context);
        var answer = result is INestedHttpResult nested ? nested.Result : result;
        if (answer is not (IStatusCodeHttpResult { StatusCode: >= 200 and < 300 } or IFileHttpResult))
            return result;
        var http = context.HttpContext;
        var services = http.RequestServices;
        var (caller, events) = (http.Caller(), services.GetRequiredService<EventPublisher>());
        var fact = new AuditRecorded(
            caller.Tenant, services.GetRequiredService<TimeProvider>().GetUtcNow(), http.NewId(Prefix), caller.Key, action,
            $"{noun}/{IdOf(noun, http, answer)}", null, null, http.Items[User] as string);
        await events.PublishNowAsync(AuditRecorded.Topic, caller.Tenant, [events.Message(fact)], http.RequestAborted);
        return result;
    });

    private static string IdOf(string noun, HttpContext http, object answer) =>
        http.GetRouteValue(noun) as string
        ?? http.GetRouteValue("id") as string
        ?? ((answer as IValueHttpResult)?.Value is { } value ? value.GetType().GetProperty("Id")?.GetValue(value) as string : null)
        ?? "-";
}
