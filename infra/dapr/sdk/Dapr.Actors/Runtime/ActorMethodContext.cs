namespace Dapr.Actors.Runtime;

/// <summary>Which turn an actor is in.</summary>
public readonly struct ActorMethodContext
{
    internal ActorMethodContext(string methodName, ActorCallType callType) => (MethodName, CallType) = (methodName, callType);

    /// <summary>The method that was called, or the one the call of a timer or reminder goes through.</summary>
    public string MethodName { get; }

    /// <summary>What began the turn.</summary>
    public ActorCallType CallType { get; }
}
