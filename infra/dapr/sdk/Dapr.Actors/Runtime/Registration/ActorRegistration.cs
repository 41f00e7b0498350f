namespace Dapr.Actors.Runtime;

/// <summary>An actor type this app hosts.</summary>
/// <param name="type">The class and its name.</param>
/// <param name="options">What holds for this type in place of the options of the runtime; null for nothing.</param>
public sealed class ActorRegistration(ActorTypeInformation type, ActorRuntimeOptions? options)
{
    /// <summary>Registers a type with the options of the runtime.</summary>
    public ActorRegistration(ActorTypeInformation type) : this(type, null)
    {
    }

    /// <summary>The class and its name.</summary>
    public ActorTypeInformation Type { get; } = type;

    /// <summary>Creates the instances, in place of the activator of the runtime.</summary>
    public ActorActivator? Activator { get; set; }

    /// <summary>What holds for this type in place of the options of the runtime; null for nothing.</summary>
    public ActorRuntimeOptions? TypeOptions { get; } = options;
}
