using Agents.Defaults.Errors;

namespace Agents.Defaults.Probes;

/// <summary>What the readiness probe knows.</summary>
public sealed class Readiness
{
    private volatile string? _reason = "The service is starting.";

    /// <summary>Why the service takes no traffic; null when it does.</summary>
    public string? Reason => _reason;

    public bool Started { get; private set; }

    internal void Ready()
    {
        Started = true;
        _reason = null;
    }

    internal void Stopping() => _reason = "The service is stopping.";
}

/// <summary>
/// Liveness says only that the process answers. Readiness turns red while starting and stopping, never because a model, a store or a
/// broker is away: taking every replica out of service would turn a clear 503 into a dead address.
/// </summary>
internal static class ProbeEndpoints
{
    public static void MapProbes(this IEndpointRouteBuilder routes)
    {
        var probes = routes.MapGroup("/health").AllowAnonymous().ExcludeFromDescription();
        probes.MapGet("/live", () => TypedResults.NoContent());
        probes.MapGet("/startup", (Readiness readiness) => readiness.Started ? Results.NoContent() : NotReady(readiness));
        probes.MapGet("/ready", (Readiness readiness) => readiness.Reason is null ? Results.NoContent() : NotReady(readiness));
    }

    private static Problem NotReady(Readiness readiness) => Problem.Unavailable("not_ready", readiness.Reason ?? "The service is starting.");
}
