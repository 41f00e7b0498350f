namespace Dapr.Actors.Runtime;

/// <summary>A call the sidecar keeps and makes on time, through restarts and deactivation.</summary>
public interface IActorReminder
{
    /// <summary>The name among the reminders of the actor.</summary>
    string Name { get; }

    /// <summary>The time until the first call.</summary>
    TimeSpan DueTime { get; }

    /// <summary>The time between calls; negative for a single call.</summary>
    TimeSpan Period { get; }

    /// <summary>What the call brings along.</summary>
    byte[] State { get; }
}
