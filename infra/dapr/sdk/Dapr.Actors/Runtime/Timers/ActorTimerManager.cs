namespace Dapr.Actors.Runtime;

/// <summary>Registers the timers and reminders of actors.</summary>
public abstract class ActorTimerManager
{
    /// <summary>Registers a reminder; one of the same name is replaced.</summary>
    public abstract Task RegisterReminderAsync(ActorReminder reminder);

    /// <summary>Finds a reminder.</summary>
    public abstract Task<IActorReminder> GetReminderAsync(ActorReminderToken reminder);

    /// <summary>Ends a reminder; none of that name is no error.</summary>
    public abstract Task UnregisterReminderAsync(ActorReminderToken reminder);

    /// <summary>Registers a timer; one of the same name is replaced.</summary>
    public abstract Task RegisterTimerAsync(ActorTimer timer);

    /// <summary>Ends a timer; none of that name is no error.</summary>
    public abstract Task UnregisterTimerAsync(ActorTimerToken timer);
}
