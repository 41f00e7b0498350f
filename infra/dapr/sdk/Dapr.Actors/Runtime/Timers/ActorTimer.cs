namespace Dapr.Actors.Runtime;

/// <summary>Names a timer.</summary>
public class ActorTimerToken(string actorType, ActorId actorId, string name)
{
    /// <summary>The type of the actor it calls.</summary>
    public string ActorType { get; } = NotNull(actorType);

    /// <summary>The actor it calls.</summary>
    public ActorId ActorId { get; } = NotNull(actorId);

    /// <summary>The name among the timers of the actor.</summary>
    public string Name { get; } = NotNull(name);

    private static T NotNull<T>(T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value;
    }
}

/// <summary>A call the sidecar makes on time while the actor is active; it is lost when the actor is deactivated.</summary>
public class ActorTimer : ActorTimerToken
{
    /// <summary>A timer without end.</summary>
    public ActorTimer(
        string actorType, ActorId actorId, string name, string timerCallback, byte[]? data, TimeSpan dueTime, TimeSpan period)
        : base(actorType, actorId, name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, Timeout.InfiniteTimeSpan);
        (TimerCallback, Data, DueTime, Period) = (timerCallback, data ?? [], dueTime, period);
    }

    /// <summary>A timer that ends after a time, which counts from the first call.</summary>
    public ActorTimer(
        string actorType, ActorId actorId, string name, string timerCallback, byte[]? data, TimeSpan dueTime, TimeSpan period, TimeSpan ttl)
        : this(actorType, actorId, name, timerCallback, data, dueTime, period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ttl, TimeSpan.Zero);
        Ttl = ttl;
    }

    /// <summary>The method of the actor that is called.</summary>
    public string TimerCallback { get; }

    /// <summary>What the method gets.</summary>
    public byte[] Data { get; }

    /// <summary>The time until the first call.</summary>
    public TimeSpan DueTime { get; }

    /// <summary>The time between calls; negative for a single call.</summary>
    public TimeSpan Period { get; }

    /// <summary>How long calls are made; null for no such end.</summary>
    public TimeSpan? Ttl { get; }
}
