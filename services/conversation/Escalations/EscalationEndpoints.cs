using Agents.Conversation.Sessions;
using Agents.Conversation.Turns;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;

namespace Agents.Conversation.Escalations;

internal static class EscalationEndpoints
{
    private const int MaxText = 2_000;
    private const int MaxReply = 4_000;
    private const int DefaultLease = 900;

    public static void AddEscalations(this IServiceCollection services) => services.AddSingleton<EscalationStore>().AddSingleton<EscalationDesk>();

    public static void MapEscalations(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/sessions/{id}/escalate", Open).WithTags("Escalations").RequireScope(Scopes.Sessions).WithIdempotency()
            .Produces<Escalation>().WithSummary("Ask for a person; answers with the session's open escalation.");
        var escalations = routes.MapGroup("/v1/escalations").WithTags("Escalations").RequireScope(Scopes.Escalations);
        escalations.MapGet("/", List).Produces<Page<Escalation>>().WithSummary("The queue: escalations, all or those that fit.");
        escalations.MapGet("/{id}", Get).Produces<Escalation>().WithSummary("One escalation.");
        escalations.MapGet("/{id}/transcript", Transcript).Produces<Page<Turn>>().WithSummary("What was said in its session.");
        escalations.MapPost("/{id}/claim", Claim).Produces<Escalation>().WithSummary("Take it for one person, or keep it for longer; the agent is silent meanwhile.");
        escalations.MapPost("/{id}/replies", Reply).WithIdempotency().Produces<Turn>(201).WithSummary("Say something to the user: a turn of the session.");
        escalations.MapPost("/{id}/resolve", Resolve).Produces<Escalation>().WithSummary("Give the dialogue back to the agent.");
    }

    private static async Task<IResult> Open(
        string id, RequestEscalation request, HttpContext http, Caller caller, SessionStore sessions, EscalationDesk desk, CancellationToken cancellationToken)
    {
        if (await sessions.FindAsync(caller.Tenant, id, cancellationToken) is not { } session)
            return Problem.NotFound("session");
        if (Checks.Optional("comment", request.Comment, MaxText) is { } refusal)
            return refusal;
        if (session.Outcome is not null)
            return Problem.Conflict("session_ended", "The session has ended; open another one.");
        return await desk.OpenAsync(session, http.NewId(EscalationStore.Prefix), "requested", null, request.Comment, cancellationToken) is { } opened
            ? TypedResults.Ok(opened)
            : Problem.NotFound("session");
    }

    /// <param name="status">Only those that are <c>open</c>, <c>claimed</c> or <c>resolved</c>.</param>
    /// <param name="agent">Only those of this agent.</param>
    private static async Task<IResult> List(
        [AsParameters] PageQuery query, string? status, string? agent, Caller caller, EscalationStore escalations, CancellationToken cancellationToken)
    {
        if (query.Refusal(EscalationStore.Prefix) is { } refusal)
            return refusal;
        if (status is not (null or "open" or "claimed" or "resolved"))
            return Problem.Invalid("status", "status must be open, claimed or resolved.");
        return TypedResults.Ok(await escalations.PageAsync(
            caller.Tenant,
            query,
            found => (status is null || status.Equals(found.Status.ToString(), StringComparison.OrdinalIgnoreCase)) && (agent is null || agent == found.Agent),
            cancellationToken));
    }

    private static async Task<IResult> Get(string id, Caller caller, EscalationStore escalations, CancellationToken cancellationToken) =>
        await escalations.FindAsync(caller.Tenant, id, cancellationToken) is { } found ? TypedResults.Ok(found) : Problem.NotFound("escalation");

    private static async Task<IResult> Transcript(
        string id, [AsParameters] PageQuery query, Caller caller, EscalationStore escalations, SessionStore sessions, TurnStore turns,
        CancellationToken cancellationToken)
    {
        if (await escalations.FindAsync(caller.Tenant, id, cancellationToken) is not { } found)
            return Problem.NotFound("escalation");
        if (query.Refusal(TurnStore.Prefix) is { } refusal)
            return refusal;
        return await sessions.FindAsync(caller.Tenant, found.SessionId, cancellationToken) is { } session
            ? TypedResults.Ok(await turns.PageAsync(session, query, cancellationToken))
            : Problem.NotFound("session");
    }

    private static async Task<IResult> Claim(string id, ClaimEscalation request, Caller caller, EscalationDesk desk, EscalationStore escalations, CancellationToken cancellationToken)
    {
        if (await escalations.FindAsync(caller.Tenant, id, cancellationToken) is null)
            return Problem.NotFound("escalation");
        if (OperatorRefusal(request.Operator) is { } refusal)
            return refusal;
        if (request.LeaseSeconds is < 30 or > 86_400)
            return Problem.Invalid("lease_seconds", "lease_seconds must be 30 to 86400.");
        return await desk.ClaimAsync(caller.Tenant, id, request.Operator ?? caller.Key, TimeSpan.FromSeconds(request.LeaseSeconds ?? DefaultLease), cancellationToken) is { } claimed
            ? TypedResults.Ok(claimed)
            : Problem.NotFound("escalation");
    }

    private static async Task<IResult> Reply(
        string id, ReplyToUser request, HttpContext http, Caller caller, EscalationDesk desk, EscalationStore escalations, CancellationToken cancellationToken)
    {
        if (await escalations.FindAsync(caller.Tenant, id, cancellationToken) is not { } found)
            return Problem.NotFound("escalation");
        if ((Checks.Text("text", request.Text, MaxReply) ?? OperatorRefusal(request.Operator)) is { } refusal)
            return refusal;
        var turn = await desk.ReplyAsync(caller.Tenant, found, request.Operator ?? caller.Key, http.NewId(TurnStore.Prefix), request.Text!, cancellationToken);
        return turn is null ? Problem.NotFound("session") : TypedResults.Created($"/v1/sessions/{turn.SessionId}/turns/{turn.Id}", turn);
    }

    private static async Task<IResult> Resolve(
        string id, ResolveEscalation request, Caller caller, EscalationDesk desk, EscalationStore escalations, CancellationToken cancellationToken)
    {
        if (await escalations.FindAsync(caller.Tenant, id, cancellationToken) is null)
            return Problem.NotFound("escalation");
        if ((Checks.Optional("resolution", request.Resolution, MaxText) ?? OperatorRefusal(request.Operator)) is { } refusal)
            return refusal;
        return await desk.ResolveAsync(caller.Tenant, id, request.Operator ?? caller.Key, request.Resolution, cancellationToken) is { } resolved
            ? TypedResults.Ok(resolved)
            : Problem.NotFound("escalation");
    }

    private static Problem? OperatorRefusal(string? name) => name is null ? null : Checks.Text("operator", name, 200);
}
