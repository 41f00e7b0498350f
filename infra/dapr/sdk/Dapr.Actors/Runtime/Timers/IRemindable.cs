namespace Dapr.Actors.Runtime;

/// <summary>An actor that takes reminders.</summary>
public interface IRemindable
{
    /// <summary>Takes a reminder. When it throws, the sidecar calls again.</summary>
    /// <param name="reminderName">The name it was registered under.</param>
    /// <param name="state">What was registered with it; empty when nothing was.</param>
    /// <param name="dueTime">The time registered; negative where the sidecar does not say.</param>
    /// <param name="period">The time registered; negative where the sidecar does not say.</param>
    Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period);
}
