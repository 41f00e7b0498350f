using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.Identity;

namespace Agents.Conversation.Jobs.Lanes;

/// <summary>A lane, and how it stands.</summary>
/// <param name="Slots">Jobs that each worker runs at a time.</param>
/// <param name="Queued">Jobs that wait.</param>
/// <param name="Leased">Jobs that workers have.</param>
/// <param name="Jobs">Both: what an autoscaler divides by the slots.</param>
/// <param name="WorkSeconds">Estimated seconds of work of all of them, one after the other.</param>
/// <param name="OldestSeconds">How long the oldest job has waited that could run.</param>
public sealed record LaneState(string Name, int Slots, int Queued, int Leased, int Jobs, double WorkSeconds, double OldestSeconds);

/// <summary>All lanes.</summary>
public sealed record LaneStates(IReadOnlyList<LaneState> Data);

/// <summary>The lanes of the installation: hosts of their actors, and their figures for operators and autoscalers.</summary>
internal static class LaneEndpoints
{
    /// <summary>Hosts the lanes' actors.</summary>
    public static void AddLanes(this IServiceCollection services)
    {
        services.AddSingleton<LaneTelemetry>();
        services.AddActors(options => options.Actors.RegisterActor<LaneActor>());
    }

    /// <summary>Calls the lanes, wherever they live.</summary>
    public static void AddLaneCallers(this IServiceCollection services)
    {
        services.AddSingleton<LaneOptions>().AddSingleton<LaneClient>().AddSingleton<WakeUps>();
        services.AddActors(options => options.JsonSerializerOptions = Json.Options);
    }

    public static void MapLanes(this IEndpointRouteBuilder routes)
    {
        routes.MapActorsHandlers().RequireInternal();
        var lanes = routes.MapGroup("/v1/jobs/lanes").WithTags("Lanes").RequireScope(Scopes.Analytics);
        lanes.MapGet("/", List).Produces<LaneStates>().WithSummary("The lanes and how they stand (operator).");
        lanes.MapGet("/{lane}", Get).Produces<LaneState>().WithSummary("How a lane stands; its 'jobs' is what autoscalers go by (operator).");
    }

    private static async Task<IResult> List(Caller caller, LaneOptions lanes, LaneClient client, CancellationToken cancellationToken) => IsOperator(caller)
        ? TypedResults.Ok(new LaneStates(await Task.WhenAll(lanes.Names.Select(lane => StateAsync(lane, lanes, client, cancellationToken)))))
        : new Problem(403, "operator_only", "Only a key of the tenant 'default' may do this.");

    private static async Task<IResult> Get(string lane, Caller caller, LaneOptions lanes, LaneClient client, CancellationToken cancellationToken)
    {
        return IsOperator(caller) && lanes.Has(lane) ? TypedResults.Ok(await StateAsync(lane, lanes, client, cancellationToken)) : Problem.NotFound("lane");
    }

    // An autoscaler has a key of the operator's tenant that reads figures, and nothing more.
    private static bool IsOperator(Caller caller) => caller.Tenant == Caller.OperatorTenant;

    private static async Task<LaneState> StateAsync(string lane, LaneOptions lanes, LaneClient client, CancellationToken cancellationToken)
    {
        var figure = await client.FigureAsync(lane, cancellationToken);
        return new LaneState(
            lane, lanes[lane].Slots, figure.Waiting, figure.Leased, figure.Waiting + figure.Leased, Math.Round(figure.WorkSeconds, 1), Math.Round(figure.OldestSeconds, 1));
    }
}
