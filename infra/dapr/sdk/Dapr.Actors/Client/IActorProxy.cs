namespace Dapr.Actors.Client;

/// <summary>Names the actor a proxy stands for.</summary>
public interface IActorProxy
{
    /// <summary>The id among the actors of its type.</summary>
    ActorId ActorId { get; }

    /// <summary>The type as its host registered it.</summary>
    string ActorType { get; }
}
