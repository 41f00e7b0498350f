namespace Dapr.Actors.Runtime;

/// <summary>Names an actor type in place of its class.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ActorAttribute : Attribute
{
    /// <summary>The name callers use; null for that of the class.</summary>
    public string? TypeName { get; set; }
}
