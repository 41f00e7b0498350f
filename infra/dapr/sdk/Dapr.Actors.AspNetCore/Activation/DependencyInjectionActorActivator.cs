using Dapr.Actors.Runtime;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Actors.AspNetCore;

/// <summary>Gives every instance a scope of services, which ends with it.</summary>
internal sealed class DependencyInjectionActorActivator(IServiceProvider services, ActorTypeInformation type) : ActorActivator
{
    private readonly ObjectFactory _create = ActivatorUtilities.CreateFactory(type.ImplementationType, [typeof(ActorHost)]);

    public override async Task<ActorActivatorState> CreateAsync(ActorHost host)
    {
        var scope = services.CreateAsyncScope();
        try
        {
            return new State((Actor)_create(scope.ServiceProvider, [host]), scope);
        }
        catch
        {
            await scope.DisposeAsync();
            throw;
        }
    }

    public override async Task DeleteAsync(ActorActivatorState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.Actor is IAsyncDisposable asyncDisposable) await asyncDisposable.DisposeAsync();
        else if (state.Actor is IDisposable disposable) disposable.Dispose();
        await ((State)state).Scope.DisposeAsync();
    }

    private sealed class State(Actor actor, AsyncServiceScope scope) : ActorActivatorState(actor)
    {
        public AsyncServiceScope Scope { get; } = scope;
    }
}

/// <summary>Creates activators that take instances from the app's services.</summary>
internal sealed class DependencyInjectionActorActivatorFactory(IServiceProvider services) : ActorActivatorFactory
{
    public override ActorActivator CreateActivator(ActorTypeInformation type) => new DependencyInjectionActorActivator(services, type);
}
