using System.Reflection;

namespace Dapr.Actors.Runtime;

/// <summary>What the runtime knows of an actor class.</summary>
public sealed class ActorTypeInformation
{
    private ActorTypeInformation(string name, Type implementation, IReadOnlyList<Type> interfaces) =>
        (ActorTypeName, ImplementationType, InterfaceTypes) = (name, implementation, interfaces);

    /// <summary>The name callers use.</summary>
    public string ActorTypeName { get; }

    /// <summary>The class.</summary>
    public Type ImplementationType { get; }

    /// <summary>The interfaces whose methods callers may invoke.</summary>
    public IEnumerable<Type> InterfaceTypes { get; }

    /// <summary>Whether reminders reach it.</summary>
    public bool IsRemindable => typeof(IRemindable).IsAssignableFrom(ImplementationType);

    /// <summary>Describes a class under the name of its attribute, or else its own.</summary>
    /// <exception cref="ArgumentException">The class is no actor, is abstract, or has no interface that callers may use.</exception>
    public static ActorTypeInformation Get(Type actorType) => Get(actorType, null!);

    /// <summary>Describes a class under a name.</summary>
    /// <exception cref="ArgumentException">The class is no actor, is abstract, or has no interface that callers may use.</exception>
    public static ActorTypeInformation Get(Type actorType, string actorTypeName)
    {
        ArgumentNullException.ThrowIfNull(actorType);
        if (!typeof(Actor).IsAssignableFrom(actorType))
            throw new ArgumentException($"'{actorType}' does not derive from {nameof(Actor)}.", nameof(actorType));
        if (actorType.IsAbstract) throw new ArgumentException($"'{actorType}' is abstract.", nameof(actorType));
        var interfaces = actorType.GetInterfaces().Where(it => it != typeof(IActor) && typeof(IActor).IsAssignableFrom(it)).ToList();
        if (interfaces.Count == 0)
            throw new ArgumentException($"'{actorType}' has no interface that derives from {nameof(IActor)}.", nameof(actorType));

        var name = actorTypeName ?? actorType.GetCustomAttribute<ActorAttribute>()?.TypeName ?? actorType.Name;
        return new ActorTypeInformation(name, actorType, interfaces);
    }
}
