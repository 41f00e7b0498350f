namespace Dapr.Actors;

/// <summary>Whether a call an actor makes may come back to that actor while the first call still runs.</summary>
public sealed class ActorReentrancyConfig
{
    /// <summary>Whether it may; the default is false.</summary>
    public bool Enabled { get; set; }

    /// <summary>How many calls of one chain may be inside an actor; null leaves it to the sidecar (32).</summary>
    public int? MaxStackDepth { get; set; }
}
