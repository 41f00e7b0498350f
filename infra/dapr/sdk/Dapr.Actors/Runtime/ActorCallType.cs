namespace Dapr.Actors.Runtime;

/// <summary>What began a turn.</summary>
public enum ActorCallType
{
    /// <summary>A caller.</summary>
    ActorInterfaceMethod = 0,

    /// <summary>A timer.</summary>
    TimerMethod = 1,

    /// <summary>A reminder.</summary>
    ReminderMethod = 2,
}
