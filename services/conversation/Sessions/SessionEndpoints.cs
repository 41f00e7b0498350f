using Agents.Conversation.Catalog;
using Agents.Conversation.Turns;
using Agents.Conversation.Turns.Running;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;

namespace Agents.Conversation.Sessions;

internal static class SessionEndpoints
{
    private const int MaxIncluded = 100;

    public static void AddSessions(this IServiceCollection services)
    {
        services.AddSingleton<SessionStore>().AddSingleton<OwnedSessions>().AddSingleton<SessionRemoval>().AddSingleton<SessionFacts>().AddSingleton<SessionEnd>();
        services.AddSingleton<IdleSessions>().AddHostedService(provider => provider.GetRequiredService<IdleSessions>());
    }

    public static void MapSessions(this IEndpointRouteBuilder routes)
    {
        var sessions = routes.MapGroup("/v1/sessions").WithTags("Sessions").RequireScope(Scopes.Sessions);
        sessions.MapPost("/", Create).WithIdempotency().Produces<Session>(201).WithSummary("Open a session; with input, also its first turn.");
        sessions.MapGet("/", List).Produces<Page<Session>>().WithSummary("List sessions, all or those that fit.");
        sessions.MapGet("/{id}", Get).Produces<Session>().WithSummary("One session; ?include=turns adds its latest turns.");
        sessions.MapPost("/{id}/end", End).Produces<Session>().WithSummary("End the session with an outcome.");
        sessions.MapDelete("/{id}", Delete).WithAudit("session.delete").Produces(204).WithSummary("Delete a session with all its turns.");
    }

    private static async Task<IResult> Create(
        CreateSession request, HttpContext http, Caller caller, SessionStore sessions, AgentStore agents, TurnStarter starter, TurnFeed feed,
        TurnStore turns, IdleSessions idle, OwnedSessions owned, SessionFacts facts, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.Refusal(caller) is { } refusal)
            return refusal;
        if (await agents.FindAsync(caller.Tenant, request.Agent ?? AgentStore.DefaultId, request.AgentVersion, cancellationToken) is not { } agent)
            return Problem.NotFound("agent");
        var session = request.ToSession(http.NewId(SessionStore.Prefix), caller.Tenant, agent, time.GetUtcNow());
        var adding = owned.AddAsync(SessionKey.Of(session), cancellationToken);
        try
        {
            await Task.WhenAll(adding, sessions.CreateAsync(session, cancellationToken), idle.WatchAsync(session, cancellationToken));
            facts.Started(session);
        }
        finally
        {
            if (adding.IsCompletedSuccessfully)
                owned.Remove(SessionKey.Of(session));
        }

        var location = $"/v1/sessions/{session.Id}";
        http.Response.Headers.Location = location;
        if (request.Input is null)
            return TypedResults.Created(location, Session.From(session));
        var turn = http.NewId(TurnStore.Prefix);
        await starter.AcceptAsync(session, agent, turn, request.Input, OnBusy.Reject, cancellationToken);
        return TurnStream.Wanted(http.Request, request.Stream)
            ? new TurnStream(feed, session, turn)
            : await TurnEndpoints.AnswerAsync(
                feed, turns, session, turn,
                ended => TypedResults.Created(location, Session.From(session with { Turns = [turn] }) with { Turn = ended }),
                cancellationToken);
    }

    /// <param name="agent">Only sessions of this agent.</param>
    /// <param name="user">Only sessions of this user.</param>
    /// <param name="status">Only sessions that are <c>idle</c>, <c>busy</c> or <c>ended</c>.</param>
    /// <param name="metadata">Only sessions with this entry, <c>key:value</c>.</param>
    private static async Task<IResult> List(
        [AsParameters] PageQuery query, string? agent, string? user, string? status, string? metadata, Caller caller, SessionStore sessions,
        CancellationToken cancellationToken)
    {
        if (query.Refusal(SessionStore.Prefix) is { } refusal)
            return refusal;
        if (status is not (null or "idle" or "busy" or "ended"))
            return Problem.Invalid("status", "status must be idle, busy or ended.");
        var colon = metadata?.IndexOf(':', StringComparison.Ordinal) ?? 0;
        if (metadata is not null && colon < 1)
            return Problem.Invalid("metadata", "metadata must be key:value.");
        var filter = new SessionFilter(agent, user, status, metadata is null ? null : (metadata[..colon], metadata[(colon + 1)..]));
        var page = await sessions.PageAsync(caller.Tenant, query, filter, cancellationToken);
        return TypedResults.Ok(new Page<Session>([.. page.Data.Select(Session.From)], page.FirstId, page.LastId, page.HasMore));
    }

    /// <param name="include"><c>turns</c>: the latest 100 turns, oldest first.</param>
    private static async Task<IResult> Get(
        string id, string? include, Caller caller, SessionStore sessions, TurnStore turns, CancellationToken cancellationToken)
    {
        if (await sessions.FindAsync(caller.Tenant, id, cancellationToken) is not { } session)
            return Problem.NotFound("session");
        if (include is not (null or "turns"))
            return Problem.Invalid("include", "include offers 'turns'.");
        var shown = Session.From(session);
        return TypedResults.Ok(include is null
            ? shown
            : shown with { Turns = await turns.ManyAsync(session, [.. session.Turns.TakeLast(MaxIncluded)], cancellationToken) });
    }

    private static async Task<IResult> End(
        string id, EndSession request, Caller caller, SessionStore sessions, SessionEnd end, CancellationToken cancellationToken)
    {
        if (await sessions.FindAsync(caller.Tenant, id, cancellationToken) is not { } session)
            return Problem.NotFound("session");
        if (request.Outcome is not { } outcome)
            return Problem.Invalid("outcome", "outcome must be resolved, escalated or abandoned.");
        return await end.EndAsync(session, outcome, cancellationToken) is { } ended ? TypedResults.Ok(Session.From(ended)) : Problem.NotFound("session");
    }

    private static async Task<IResult> Delete(
        string id, HttpContext http, Caller caller, SessionStore sessions, SessionRemoval removal, CancellationToken cancellationToken)
    {
        if (await sessions.FindAsync(caller.Tenant, id, cancellationToken) is not { } session)
            return Problem.NotFound("session");
        http.AuditUser(session.User);
        await removal.RemoveAsync(session, cancellationToken);
        return TypedResults.NoContent();
    }
}
