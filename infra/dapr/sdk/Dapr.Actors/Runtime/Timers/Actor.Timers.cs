namespace Dapr.Actors.Runtime;

public abstract partial class Actor
{
    /// <summary>Has the sidecar call <see cref="IRemindable.ReceiveReminderAsync"/> on time, through restarts and deactivation.</summary>
    /// <param name="reminderName">The name among the reminders of the actor; one of the same name is replaced.</param>
    /// <param name="state">What the call brings along; null for nothing.</param>
    /// <param name="dueTime">The time until the first call.</param>
    /// <param name="period">The time between calls; -1 ms for a single call.</param>
    protected Task<IActorReminder> RegisterReminderAsync(string reminderName, byte[]? state, TimeSpan dueTime, TimeSpan period) =>
        RegisterAsync(new ActorReminder(Host.ActorTypeInfo.ActorTypeName, Id, reminderName, state, dueTime, period));

    /// <summary>The same with an end after a time, which counts from the first call.</summary>
    protected Task<IActorReminder> RegisterReminderAsync(string reminderName, byte[]? state, TimeSpan dueTime, TimeSpan period, TimeSpan ttl) =>
        RegisterAsync(new ActorReminder(Host.ActorTypeInfo.ActorTypeName, Id, reminderName, state, dueTime, period, ttl));

    /// <summary>The same with an end after a number of calls.</summary>
    protected Task<IActorReminder> RegisterReminderAsync(
        string reminderName, byte[]? state, TimeSpan dueTime, TimeSpan period, int repetitions) =>
        RegisterAsync(new ActorReminder(Host.ActorTypeInfo.ActorTypeName, Id, reminderName, state, dueTime, period, repetitions, null));

    /// <summary>The same with an end after a number of calls or after a time, whichever comes first.</summary>
    protected Task<IActorReminder> RegisterReminderAsync(
        string reminderName, byte[]? state, TimeSpan dueTime, TimeSpan period, int repetitions, TimeSpan ttl) =>
        RegisterAsync(new ActorReminder(Host.ActorTypeInfo.ActorTypeName, Id, reminderName, state, dueTime, period, repetitions, ttl));

    /// <summary>Finds a reminder of this actor.</summary>
    /// <exception cref="DaprApiException">There is none of that name.</exception>
    protected Task<IActorReminder> GetReminderAsync(string reminderName) =>
        Host.TimerManager.GetReminderAsync(new ActorReminderToken(Host.ActorTypeInfo.ActorTypeName, Id, reminderName));

    /// <summary>Ends a reminder of this actor.</summary>
    protected Task UnregisterReminderAsync(IActorReminder reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        return UnregisterReminderAsync(reminder.Name);
    }

    /// <summary>Ends a reminder of this actor; none of that name is no error.</summary>
    protected Task UnregisterReminderAsync(string reminderName) =>
        Host.TimerManager.UnregisterReminderAsync(new ActorReminderToken(Host.ActorTypeInfo.ActorTypeName, Id, reminderName));

    /// <summary>Has the sidecar call a method of this class on time, as long as the instance is active.</summary>
    /// <param name="timerName">The name among the timers of the actor; one of the same name is replaced. Empty for a new name.</param>
    /// <param name="callback">A method, public or not, that is not overloaded, returns a task and takes nothing or bytes.</param>
    /// <param name="callbackParams">What the method gets; null for nothing.</param>
    /// <param name="dueTime">The time until the first call.</param>
    /// <param name="period">The time between calls; -1 ms for a single call.</param>
    /// <exception cref="ArgumentException">The callback is no such method.</exception>
    public Task<ActorTimer> RegisterTimerAsync(
        string timerName, string callback, byte[]? callbackParams, TimeSpan dueTime, TimeSpan period) =>
        RegisterAsync(new ActorTimer(
            Host.ActorTypeInfo.ActorTypeName, Id, NameOf(timerName), Checked(callback), callbackParams, dueTime, period));

    /// <summary>The same with an end after a time, which counts from the first call.</summary>
    public Task<ActorTimer> RegisterTimerAsync(
        string timerName, string callback, byte[]? callbackParams, TimeSpan dueTime, TimeSpan period, TimeSpan ttl) =>
        RegisterAsync(new ActorTimer(
            Host.ActorTypeInfo.ActorTypeName, Id, NameOf(timerName), Checked(callback), callbackParams, dueTime, period, ttl));

    /// <summary>Ends a timer of this actor.</summary>
    protected Task UnregisterTimerAsync(ActorTimer timer)
    {
        ArgumentNullException.ThrowIfNull(timer);
        return UnregisterTimerAsync(timer.Name);
    }

    /// <summary>Ends a timer of this actor; none of that name is no error.</summary>
    protected Task UnregisterTimerAsync(string timerName) =>
        Host.TimerManager.UnregisterTimerAsync(new ActorTimerToken(Host.ActorTypeInfo.ActorTypeName, Id, timerName));

    private async Task<IActorReminder> RegisterAsync(ActorReminder reminder)
    {
        await Host.TimerManager.RegisterReminderAsync(reminder);
        return reminder;
    }

    private async Task<ActorTimer> RegisterAsync(ActorTimer timer)
    {
        await Host.TimerManager.RegisterTimerAsync(timer);
        return timer;
    }

    private string NameOf(string timerName) =>
        string.IsNullOrEmpty(timerName) ? $"{Id}_Timer_{Guid.CreateVersion7()}" : timerName;

    private string Checked(string callback) => TimerCallback.Find(GetType(), callback).Name;
}
