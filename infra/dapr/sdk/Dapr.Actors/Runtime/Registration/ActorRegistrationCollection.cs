using System.Collections.ObjectModel;

namespace Dapr.Actors.Runtime;

/// <summary>The actor types this app hosts.</summary>
public sealed class ActorRegistrationCollection : KeyedCollection<ActorTypeInformation, ActorRegistration>
{
    /// <summary>Hosts a class under the name of its attribute, or else its own.</summary>
    public void RegisterActor<TActor>(Action<ActorRegistration>? configure = null) where TActor : Actor =>
        RegisterActor<TActor>(null!, null!, configure);

    /// <summary>Hosts a class with options of its own.</summary>
    public void RegisterActor<TActor>(ActorRuntimeOptions typeOptions, Action<ActorRegistration>? configure = null) where TActor : Actor =>
        RegisterActor<TActor>(null!, typeOptions, configure);

    /// <summary>Hosts a class under a name.</summary>
    public void RegisterActor<TActor>(string actorTypeName, Action<ActorRegistration>? configure = null) where TActor : Actor =>
        RegisterActor<TActor>(actorTypeName, null!, configure);

    /// <summary>Hosts a class under a name with options of its own.</summary>
    /// <exception cref="ArgumentException">A type of that name is hosted already, or the class cannot be hosted.</exception>
    public void RegisterActor<TActor>(string actorTypeName, ActorRuntimeOptions typeOptions, Action<ActorRegistration>? configure = null)
        where TActor : Actor
    {
        var type = ActorTypeInformation.Get(typeof(TActor), actorTypeName);
        if (this.Any(it => it.Type.ActorTypeName == type.ActorTypeName))
            throw new ArgumentException($"An actor type named '{type.ActorTypeName}' is registered already.", nameof(actorTypeName));
        var registration = new ActorRegistration(type, typeOptions);
        configure?.Invoke(registration);
        Add(registration);
    }

    /// <inheritdoc />
    protected override ActorTypeInformation GetKeyForItem(ActorRegistration item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return item.Type;
    }
}
