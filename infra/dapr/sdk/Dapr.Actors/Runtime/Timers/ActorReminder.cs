namespace Dapr.Actors.Runtime;

/// <summary>Names a reminder.</summary>
public class ActorReminderToken(string actorType, ActorId actorId, string name)
{
    /// <summary>The type of the actor it calls.</summary>
    public string ActorType { get; } = NotNull(actorType);

    /// <summary>The actor it calls.</summary>
    public ActorId ActorId { get; } = NotNull(actorId);

    /// <summary>The name among the reminders of the actor.</summary>
    public string Name { get; } = NotNull(name);

    private static T NotNull<T>(T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value;
    }
}

/// <summary>A reminder as it is registered.</summary>
public class ActorReminder : ActorReminderToken, IActorReminder
{
    /// <summary>A reminder without end.</summary>
    public ActorReminder(string actorType, ActorId actorId, string name, byte[]? state, TimeSpan dueTime, TimeSpan period)
        : this(actorType, actorId, name, state, dueTime, period, null, null)
    {
    }

    /// <summary>A reminder that ends after a time, which counts from the first call.</summary>
    public ActorReminder(string actorType, ActorId actorId, string name, byte[]? state, TimeSpan dueTime, TimeSpan period, TimeSpan ttl)
        : this(actorType, actorId, name, state, dueTime, period, null, ttl)
    {
    }

    /// <summary>A reminder that ends after a number of calls, after a time, or neither.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The due time, the ttl or the number is negative, or the period too small.</exception>
    public ActorReminder(
        string actorType, ActorId actorId, string name, byte[]? state, TimeSpan dueTime, TimeSpan period, int? repetitions, TimeSpan? ttl)
        : base(actorType, actorId, name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, Timeout.InfiniteTimeSpan);
        if (ttl is { } life) ArgumentOutOfRangeException.ThrowIfLessThan(life, TimeSpan.Zero, nameof(ttl));
        if (repetitions is { } count) ArgumentOutOfRangeException.ThrowIfLessThan(count, 0, nameof(repetitions));
        (State, DueTime, Period, Repetitions, Ttl) = (state ?? [], dueTime, period, repetitions, ttl);
    }

    /// <inheritdoc />
    public byte[] State { get; }

    /// <inheritdoc />
    public TimeSpan DueTime { get; }

    /// <inheritdoc />
    public TimeSpan Period { get; }

    /// <summary>How many calls are made in all; null for no such end.</summary>
    public int? Repetitions { get; }

    /// <summary>How long calls are made; null for no such end.</summary>
    public TimeSpan? Ttl { get; }
}
