using Agents.Conversation.Catalog;
using Agents.Conversation.Sessions;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Idempotency;
using Agents.Defaults.Identity;
using Agents.Defaults.Paging;

namespace Agents.Conversation.Turns;

/// <summary>Asks something in a session.</summary>
/// <param name="Input">1 to 32,000 characters.</param>
/// <param name="Stream">Answer as server-sent events; <c>Accept: text/event-stream</c> says the same.</param>
/// <param name="OnBusy">What to do while another turn is answered; this version offers <c>reject</c> (409), the default.</param>
public sealed record StartTurn(string? Input, bool? Stream, string? OnBusy);

internal static class TurnEndpoints
{
    private const int MaxInput = 32_000;

    public static void AddTurns(this IServiceCollection services)
    {
        services.AddSingleton<TurnStore>().AddSingleton<PassageSource>().AddSingleton<ModelClient>().AddSingleton<TurnTelemetry>();
        services.AddSingleton<TurnRunner>().AddSingleton<TurnStarter>();
        services.AddHostedService(provider => provider.GetRequiredService<TurnStarter>());
    }

    public static void MapTurns(this IEndpointRouteBuilder routes)
    {
        var turns = routes.MapGroup("/v1/sessions/{id}/turns").WithTags("Turns").RequireScope(Scopes.Sessions);
        turns.MapPost("/", Start).WithIdempotency().Produces<Turn>().WithSummary("Ask; the answer comes as JSON, or as server-sent events.");
        turns.MapGet("/", List).Produces<Page<Turn>>().WithSummary("List the session's turns.");
        turns.MapGet("/{turn}", Get).Produces<Turn>().WithSummary("One turn.");
    }

    public static Problem? InputRefusal(string? input) => Checks.Text("input", input, MaxInput);

    /// <summary>Waits for the end: <paramref name="answer"/> for a completed turn, the cause as a problem for a failed one.</summary>
    public static async Task<IResult> AnswerAsync(LiveTurn live, Func<Turn, IResult> answer, CancellationToken cancellationToken) =>
        await live.Ended.WaitAsync(cancellationToken) switch
        {
            null => Problem.NotFound("session"),
            { Error: { } error } => error.Retryable
                ? Problem.Unavailable(error.Code, error.Message)
                : new Problem(StatusCodes.Status502BadGateway, error.Code, error.Message),
            var turn => answer(turn),
        };

    private static async Task<IResult> Start(
        string id, StartTurn request, HttpRequest http, Caller caller, SessionStore sessions, AgentStore agents, TurnStarter turns,
        CancellationToken cancellationToken)
    {
        if (InputRefusal(request.Input) is { } refusal)
            return refusal;
        if (request.OnBusy is not (null or "reject"))
            return Problem.Invalid("on_busy", "on_busy offers 'reject' in this version.", "not_offered");
        if (await sessions.FindAsync(caller.Tenant, id, cancellationToken) is not { } session)
            return Problem.NotFound("session");
        if (await agents.FindAsync(caller.Tenant, session.Agent, cancellationToken) is not { } agent)
            return Problem.NotFound("agent");
        var live = await turns.StartAsync(session, agent, request.Input!, cancellationToken);
        http.HttpContext.Response.Headers.Location = $"/v1/sessions/{session.Id}/turns/{live.Id}";
        return TurnStream.Wanted(http, request.Stream) ? new TurnStream(live) : await AnswerAsync(live, TypedResults.Ok, cancellationToken);
    }

    private static async Task<IResult> List(
        string id, [AsParameters] PageQuery query, Caller caller, SessionStore sessions, TurnStore turns, CancellationToken cancellationToken)
    {
        if (query.Refusal(TurnStore.Prefix) is { } refusal)
            return refusal;
        if (await sessions.FindAsync(caller.Tenant, id, cancellationToken) is not { } session)
            return Problem.NotFound("session");
        var ordered = query.Ascending ? session.Turns : [.. session.Turns.Reverse()];
        var rest = query.After is null ? ordered : [.. ordered.SkipWhile(turn => turn != query.After).Skip(1)];
        var wanted = rest.Take(query.Size).ToList();
        var found = (await turns.ManyAsync(session, wanted, cancellationToken)).ToDictionary(turn => turn.Id);
        var data = wanted.Where(found.ContainsKey).Select(turn => found[turn]).ToList();
        return TypedResults.Ok(new Page<Turn>(data, wanted.FirstOrDefault(), wanted.LastOrDefault(), rest.Count > wanted.Count));
    }

    private static async Task<IResult> Get(
        string id, string turn, Caller caller, SessionStore sessions, TurnStore turns, CancellationToken cancellationToken)
    {
        if (await sessions.FindAsync(caller.Tenant, id, cancellationToken) is not { } session)
            return Problem.NotFound("session");
        return await turns.FindAsync(session, turn, cancellationToken) is { } found ? TypedResults.Ok(found) : Problem.NotFound("turn");
    }
}
