using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;

namespace Dapr.Actors.Runtime;

/// <summary>An object with an identity and a state of its own, which takes one call at a time; the sidecar sees to the order.</summary>
public abstract partial class Actor
{
    private IActorStateManager? _stateManager;

    /// <summary>Creates the instance; its state can be read from <see cref="OnActivateAsync"/> on.</summary>
    protected Actor(ActorHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        Host = host;
        Logger = host.LoggerFactory.CreateLogger(GetType());
        if (host.StateStore is { } store) _stateManager = new ActorStateManager(store);
    }

    /// <summary>The id among the actors of the type.</summary>
    public ActorId Id => Host.Id;

    /// <summary>What the instance got from its runtime.</summary>
    public ActorHost Host { get; }

    /// <summary>Creates proxies of other actors.</summary>
    public IActorProxyFactory ProxyFactory => Host.ProxyFactory;

    /// <summary>Logs under the name of the class.</summary>
    protected ILogger Logger { get; }

    /// <summary>The state of the actor.</summary>
    /// <exception cref="InvalidOperationException">The actor runs in a unit test that gave it none.</exception>
    public IActorStateManager StateManager
    {
        get => _stateManager ?? throw new InvalidOperationException(
            $"This actor runs in a unit test without state; set {nameof(StateManager)} to one of the test's own.");
        protected set => _stateManager = value;
    }

    /// <summary>Saves the changes of the state now; the end of a turn does it by itself.</summary>
    protected async Task SaveStateAsync() => await StateManager.SaveStateAsync();

    /// <summary>Runs before the first call of the instance; what it changes in the state is saved.</summary>
    protected virtual Task OnActivateAsync() => Task.CompletedTask;

    /// <summary>Runs when the sidecar lets go of the instance.</summary>
    protected virtual Task OnDeactivateAsync() => Task.CompletedTask;

    /// <summary>Runs before each turn.</summary>
    protected virtual Task OnPreActorMethodAsync(ActorMethodContext actorMethodContext) => Task.CompletedTask;

    /// <summary>Runs after a turn that did not throw, before its state is saved.</summary>
    protected virtual Task OnPostActorMethodAsync(ActorMethodContext actorMethodContext) => Task.CompletedTask;

    /// <summary>Runs after a turn that threw, before the caller is told; the changes of the turn are forgotten.</summary>
    protected virtual Task OnActorMethodFailedAsync(ActorMethodContext actorMethodContext, Exception e) => Task.CompletedTask;

    internal async Task ActivateAsync()
    {
        await ForgetChangesAsync();
        await OnActivateAsync();
        await SaveChangesAsync();
    }

    internal Task DeactivateAsync() => OnDeactivateAsync();

    /// <summary>Runs one turn: all its changes of the state are saved together at its end, or none when it throws.</summary>
    internal async Task<T> RunTurnAsync<T>(ActorMethodContext context, Func<Task<T>> turn)
    {
        if (Reentrancy.Current is not null && _stateManager is ActorStateManager own) own.BeginReentrantCall();
        try
        {
            await OnPreActorMethodAsync(context);
            var result = await turn();
            await OnPostActorMethodAsync(context);
            await SaveChangesAsync();
            return result;
        }
        catch (Exception error)
        {
            await ForgetChangesAsync();
            await OnActorMethodFailedAsync(context, error);
            throw;
        }
    }

    private Task SaveChangesAsync() => _stateManager?.SaveStateAsync() ?? Task.CompletedTask;

    private Task ForgetChangesAsync() => _stateManager?.ClearCacheAsync() ?? Task.CompletedTask;
}
