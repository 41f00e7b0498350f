namespace Dapr.Actors.Runtime;

/// <summary>Creates and ends the instances of one actor type.</summary>
public abstract class ActorActivator
{
    /// <summary>Creates the instance; the runtime then calls <c>OnActivateAsync</c>.</summary>
    public abstract Task<ActorActivatorState> CreateAsync(ActorHost host);

    /// <summary>Releases the instance, after <c>OnDeactivateAsync</c>.</summary>
    public abstract Task DeleteAsync(ActorActivatorState state);
}

/// <summary>Creates the activator of an actor type.</summary>
public abstract class ActorActivatorFactory
{
    /// <summary>Creates the activator of a type.</summary>
    public abstract ActorActivator CreateActivator(ActorTypeInformation type);
}

/// <summary>An instance and, in derived classes, what has to be released with it.</summary>
/// <param name="actor">The instance.</param>
public class ActorActivatorState(Actor actor)
{
    /// <summary>The instance.</summary>
    public Actor Actor { get; } = actor;
}
