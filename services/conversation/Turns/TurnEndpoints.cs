using Agents.Conversation.Catalog;
using Agents.Conversation.Guardrails;
using Agents.Conversation.Quality;
using Agents.Conversation.Sessions;
using Agents.Conversation.Turns.Logs;
using Agents.Conversation.Turns.Running;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;

namespace Agents.Conversation.Turns;

/// <summary>Asks something in a session.</summary>
/// <param name="Input">1 to 32,000 characters.</param>
/// <param name="Stream">Answer as server-sent events; <c>Accept: text/event-stream</c> says the same.</param>
/// <param name="OnBusy">
/// While another turn is answered: <c>reject</c> (default) refuses with 409, <c>queue</c> waits behind the others (at most 16), <c>interrupt</c>
/// cancels the other one and goes first.
/// </param>
public sealed record StartTurn(string? Input, bool? Stream, OnBusy? OnBusy);

internal static class TurnEndpoints
{
    private const int MaxInput = 32_000;

    /// <summary>What answers a turn, of a dialogue or of a job.</summary>
    public static void AddTurnRunning(this IServiceCollection services) => services
        .AddSingleton<Patience>().AddSingleton<TurnStore>().AddSingleton<TurnLogs>().AddSingleton<PassageSource>().AddSingleton<TurnTelemetry>().AddSingleton<LiveTurns>()
        .AddSingleton<TurnFeed>().AddSingleton<TurnRunner>()
        .AddSingleton<AnswerJudge>().AddHostedService(provider => provider.GetRequiredService<AnswerJudge>());

    public static void AddTurns(this IServiceCollection services)
    {
        services.AddSingleton<TurnSettlement>().AddSingleton<TurnCancellation>().AddSingleton<TurnStarter>();
        services.AddSingleton<TurnLoops>().AddHostedService(provider => provider.GetRequiredService<TurnLoops>());
        services.AddSingleton<Takeovers>().AddHostedService(provider => provider.GetRequiredService<Takeovers>());
    }

    public static void MapTurns(this IEndpointRouteBuilder routes)
    {
        var turns = routes.MapGroup("/v1/sessions/{id}/turns").WithTags("Turns").RequireScope(Scopes.Sessions);
        turns.MapPost("/", Start).WithIdempotency().Produces<Turn>().WithSummary("Ask; the answer comes as JSON, or as server-sent events.");
        turns.MapGet("/", List).Produces<Page<Turn>>().WithSummary("List the session's turns.");
        turns.MapGet("/{turn}", Get).Produces<Turn>().WithSummary("One turn.");
        turns.MapGet("/{turn}/events", Events).Produces(200, contentType: "text/event-stream")
            .WithSummary("The turn as server-sent events, from ?after= or Last-Event-ID on, to its end.");
        turns.MapPost("/{turn}/cancel", Cancel).Produces<Turn>().WithSummary("Cancel the turn; without effect once it has ended.");
    }

    public static Problem? InputRefusal(string? input) => Checks.Text("input", input, MaxInput);

    /// <summary>Waits for the end: <paramref name="answer"/> for a completed or cancelled turn, the cause as a problem for a failed one.</summary>
    public static async Task<IResult> AnswerAsync(
        TurnFeed feed, TurnStore turns, SessionRecord session, string turn, Func<Turn, IResult> answer, CancellationToken cancellationToken)
    {
        await foreach (var _ in feed.FollowAsync(session, turn, 0, Timeout.InfiniteTimeSpan, cancellationToken))
        {
            // Only the end matters here.
        }
        return await turns.FindAsync(session, turn, cancellationToken) switch
        {
            null => Problem.NotFound("session"),
            { Error: { Code: GuardrailBlockedException.Code } blocked } => GuardrailBlockedException.ProblemOf(blocked.Message),
            { Error: { } error } => error.Retryable
                ? Problem.Unavailable(error.Code, error.Message)
                : new Problem(StatusCodes.Status502BadGateway, error.Code, error.Message),
            var ended => answer(ended),
        };
    }

    private static async Task<IResult> Start(
        string id, StartTurn request, HttpContext http, Caller caller, SessionStore sessions, AgentStore agents, TurnStarter starter, TurnFeed feed,
        TurnStore turns, CancellationToken cancellationToken)
    {
        if (InputRefusal(request.Input) is { } refusal)
            return refusal;
        if (await sessions.FindAsync(caller.Tenant, id, cancellationToken) is not { } session)
            return Problem.NotFound("session");
        if (await agents.FindAsync(caller.Tenant, session.Agent, session.PinnedVersion, cancellationToken) is not { } agent)
            return Problem.NotFound("agent");
        var turn = http.NewId(TurnStore.Prefix);
        await starter.AcceptAsync(session, agent, turn, request.Input!, request.OnBusy ?? OnBusy.Reject, cancellationToken);
        http.Response.Headers.Location = $"/v1/sessions/{session.Id}/turns/{turn}";
        return TurnStream.Wanted(http.Request, request.Stream)
            ? new TurnStream(feed, session, turn)
            : await AnswerAsync(feed, turns, session, turn, TypedResults.Ok, cancellationToken);
    }

    private static async Task<IResult> List(
        string id, [AsParameters] PageQuery query, Caller caller, SessionStore sessions, TurnStore turns, CancellationToken cancellationToken)
    {
        if (query.Refusal(TurnStore.Prefix) is { } refusal)
            return refusal;
        return await sessions.FindAsync(caller.Tenant, id, cancellationToken) is { } session
            ? TypedResults.Ok(await turns.PageAsync(session, query, cancellationToken))
            : Problem.NotFound("session");
    }

    private static async Task<IResult> Get(
        string id, string turn, Caller caller, SessionStore sessions, TurnStore turns, CancellationToken cancellationToken)
    {
        if (await sessions.FindAsync(caller.Tenant, id, cancellationToken) is not { } session)
            return Problem.NotFound("session");
        return await turns.FindAsync(session, turn, cancellationToken) is { } found ? TypedResults.Ok(found) : Problem.NotFound("turn");
    }

    /// <param name="after">The id of the last event seen; the header <c>Last-Event-ID</c> says the same.</param>
    private static async Task<IResult> Events(
        string id, string turn, string? after, HttpRequest http, Caller caller, SessionStore sessions, TurnStore turns, TurnFeed feed,
        CancellationToken cancellationToken)
    {
        if (await sessions.FindAsync(caller.Tenant, id, cancellationToken) is not { } session)
            return Problem.NotFound("session");
        if (await turns.GetAsync(session, turn, cancellationToken) is not { } found)
            return Problem.NotFound("turn");
        if (TurnStream.LastSeen(http, after) is not { } seen)
            return TurnStream.BadId;
        return new TurnStream(feed, session, found.Id, seen);
    }

    private static async Task<IResult> Cancel(
        string id, string turn, Caller caller, SessionStore sessions, TurnStore turns, TurnCancellation cancellation, CancellationToken cancellationToken)
    {
        if (await sessions.FindAsync(caller.Tenant, id, cancellationToken) is not { } session)
            return Problem.NotFound("session");
        if (await turns.FindAsync(session, turn, cancellationToken) is not { } found)
            return Problem.NotFound("turn");
        if (!found.Ended)
            await cancellation.CancelAsync(session, turn, "requested", cancellationToken);
        return await turns.FindAsync(session, turn, cancellationToken) is { } ended ? TypedResults.Ok(ended) : Problem.NotFound("turn");
    }
}
