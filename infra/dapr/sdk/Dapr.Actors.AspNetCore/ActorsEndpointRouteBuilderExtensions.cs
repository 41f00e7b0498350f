using Dapr.Actors.AspNetCore;
using Dapr.Actors.Runtime;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps what the sidecar calls to run the app's actors.</summary>
public static class ActorsEndpointRouteBuilderExtensions
{
    /// <summary>A <c>/healthz</c> of the app's own goes before that of the actors.</summary>
    private const int LastOrder = 100;

    /// <summary>
    /// Maps <c>GET dapr/config</c>, <c>PUT</c> and <c>DELETE</c> below <c>actors/</c>, and <c>GET /healthz</c>. Conventions added to the
    /// result hold for all of them; <c>RequireAuthorization</c> leaves out the health check.
    /// </summary>
    /// <exception cref="InvalidOperationException"><c>AddActors</c> was not called.</exception>
    public static IEndpointConventionBuilder MapActorsHandlers(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var runtime = endpoints.ServiceProvider.GetService<ActorRuntime>()
            ?? throw new InvalidOperationException("The actors are not registered; call AddActors on the services first.");

        var handlers = new ActorEndpoints(runtime);
        var health = endpoints.MapHealthChecks("/healthz").WithMetadata(new AllowAnonymousAttribute());
        health.Add(builder => ((RouteEndpointBuilder)builder).Order = LastOrder);
        return new ConventionsOfAll(
            endpoints.MapGet("dapr/config", handlers.ConfigAsync),
            endpoints.MapDelete("actors/{type}/{id}", handlers.DeactivateAsync),
            endpoints.MapPut("actors/{type}/{id}/method/{name}", handlers.InvokeAsync),
            endpoints.MapPut("actors/{type}/{id}/method/remind/{name}", handlers.RemindAsync),
            endpoints.MapPut("actors/{type}/{id}/method/timer/{name}", handlers.FireTimerAsync),
            health);
    }

    private sealed class ConventionsOfAll(params IEndpointConventionBuilder[] builders) : IEndpointConventionBuilder
    {
        public void Add(Action<EndpointBuilder> convention)
        {
            foreach (var builder in builders) builder.Add(convention);
        }
    }
}
