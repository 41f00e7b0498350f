using Agents.Contracts;
using Agents.Conversation.Catalog;
using Agents.Conversation.Turns;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Events;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;

namespace Agents.Conversation.Sessions;

/// <summary>Opens a session, and with <c>input</c> asks its first question: one call from nothing to the first token.</summary>
/// <param name="Agent">An agent id; default <c>default</c>.</param>
/// <param name="Input">1 to 32,000 characters.</param>
/// <param name="Stream">Answer as server-sent events; needs <c>input</c>.</param>
/// <param name="User">Who asks, at most 200 characters; needs the scope sessions:delegate.</param>
/// <param name="Principals">What the user belongs to, at most 64; needs the scope sessions:delegate.</param>
/// <param name="Metadata">At most 16 entries, kept and returned.</param>
/// <param name="TtlSeconds">Idle time after which the session is forgotten: 60 to 2,592,000; default 3,600.</param>
public sealed record CreateSession(
    string? Agent, string? Input, bool? Stream, string? User, IReadOnlyList<string>? Principals, IReadOnlyDictionary<string, string>? Metadata,
    int? TtlSeconds);

/// <summary>A session as the API shows it.</summary>
/// <param name="Status"><c>idle</c>, or <c>busy</c> while a turn is answered.</param>
/// <param name="TurnCount">How many turns it has had.</param>
/// <param name="Turn">The first turn, when the session was opened with <c>input</c>.</param>
public sealed record Session(
    string Id, string Agent, int AgentVersion, string Status, string? User, IReadOnlyDictionary<string, string> Metadata, int TtlSeconds,
    int TurnCount, DateTimeOffset CreatedAt, DateTimeOffset LastActiveAt, Turn? Turn = null)
{
    internal static Session From(SessionRecord record, Turn? turn = null) => new(
        record.Id, record.Agent, record.AgentVersion, record.Running is null ? "idle" : "busy", record.User, record.Metadata,
        record.TtlSeconds, record.Turns.Count, record.CreatedAt, record.LastActiveAt, turn);
}

internal static class SessionEndpoints
{
    public static void AddSessions(this IServiceCollection services) => services.AddSingleton<SessionStore>();

    public static void MapSessions(this IEndpointRouteBuilder routes)
    {
        var sessions = routes.MapGroup("/v1/sessions").WithTags("Sessions").RequireScope(Scopes.Sessions);
        sessions.MapPost("/", Create).WithIdempotency().Produces<Session>(201).WithSummary("Open a session; with input, also its first turn.");
        sessions.MapGet("/", List).Produces<Page<Session>>().WithSummary("List sessions.");
        sessions.MapGet("/{id}", Get).Produces<Session>().WithSummary("One session.");
        sessions.MapDelete("/{id}", Delete).Produces(204).WithSummary("Delete a session with all its turns.");
    }

    private static async Task<IResult> Create(
        CreateSession request, HttpRequest http, Caller caller, SessionStore sessions, AgentStore agents, TurnStarter turns, EventPublisher events,
        TimeProvider time, CancellationToken cancellationToken)
    {
        if (Refusal(request, caller) is { } refusal)
            return refusal;
        if (await agents.FindAsync(caller.Tenant, request.Agent ?? AgentStore.DefaultId, cancellationToken) is not { } agent)
            return Problem.NotFound("agent");
        var now = time.GetUtcNow();
        var session = new SessionRecord(
            Ids.New(SessionStore.Prefix), caller.Tenant, agent.Id, agent.Version, request.User, request.Principals ?? [],
            request.Metadata ?? new Dictionary<string, string>(), request.TtlSeconds ?? 3_600, now, now, [], null, []);
        await sessions.CreateAsync(session, cancellationToken);
        events.Publish(new SessionStarted(session.Tenant, now, session.Id, session.User, agent.Id, agent.Version));

        var location = $"/v1/sessions/{session.Id}";
        if (request.Input is null)
            return TypedResults.Created(location, Session.From(session));
        http.HttpContext.Response.Headers.Location = location;
        var live = await turns.StartAsync(session, agent, request.Input, cancellationToken);
        return TurnStream.Wanted(http, request.Stream)
            ? new TurnStream(live)
            : await TurnEndpoints.AnswerAsync(live, turn => TypedResults.Created(location, Session.From(session with { Turns = [turn.Id] }, turn)), cancellationToken);
    }

    private static async Task<IResult> List(
        [AsParameters] PageQuery query, Caller caller, SessionStore sessions, CancellationToken cancellationToken)
    {
        if (query.Refusal(SessionStore.Prefix) is { } refusal)
            return refusal;
        var page = await sessions.PageAsync(caller.Tenant, query, cancellationToken);
        return TypedResults.Ok(new Page<Session>([.. page.Data.Select(record => Session.From(record))], page.FirstId, page.LastId, page.HasMore));
    }

    private static async Task<IResult> Get(string id, Caller caller, SessionStore sessions, CancellationToken cancellationToken) =>
        await sessions.FindAsync(caller.Tenant, id, cancellationToken) is { } session ? TypedResults.Ok(Session.From(session)) : Problem.NotFound("session");

    private static async Task<IResult> Delete(string id, Caller caller, SessionStore sessions, TurnStore turns, CancellationToken cancellationToken)
    {
        if (await sessions.FindAsync(caller.Tenant, id, cancellationToken) is not { } session)
            return Problem.NotFound("session");
        // Turns first: should this stop half way, the session is still there to delete again.
        await turns.DeleteAsync(session, cancellationToken);
        await sessions.DeleteAsync(session, cancellationToken);
        return TypedResults.NoContent();
    }

    private static Problem? Refusal(CreateSession request, Caller caller) =>
        (request.Agent is null ? null : Checks.Text("agent", request.Agent, 100))
        ?? (request.Input is null ? null : TurnEndpoints.InputRefusal(request.Input))
        ?? (request.Stream == true && request.Input is null ? Problem.Invalid("stream", "stream needs input: there is nothing to stream.") : null)
        ?? (request.User is null ? null : Checks.Text("user", request.User, 200))
        ?? Checks.Items("principals", request.Principals, 64, 200)
        ?? Checks.Metadata("metadata", request.Metadata)
        ?? (request.TtlSeconds is < 60 or > 2_592_000 ? Problem.Invalid("ttl_seconds", "ttl_seconds must be 60 to 2592000.") : null)
        ?? ((request.User is not null || request.Principals is not null) && !caller.Has(Scopes.SessionsDelegate)
            ? new Problem(403, "delegation_not_allowed", "Setting user or principals needs the scope sessions:delegate.", "user")
            : null);
}
