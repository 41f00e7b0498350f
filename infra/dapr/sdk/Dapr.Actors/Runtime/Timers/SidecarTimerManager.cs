using System.Text.Json;
using Dapr.Client;

namespace Dapr.Actors.Runtime;

/// <summary>Keeps timers and reminders in the sidecar.</summary>
internal sealed class SidecarTimerManager(ActorSidecar sidecar) : ActorTimerManager
{
    private const string Reminders = "reminders";
    private const string Timers = "timers";

    public override Task RegisterReminderAsync(ActorReminder reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        var period = reminder.Repetitions is { } repetitions
            ? ActorDuration.Write(reminder.Period, repetitions)
            : ActorDuration.Write(reminder.Period);
        var body = Write(reminder.DueTime, reminder.State, reminder.Ttl, json => json.WriteString("period", period));
        return sidecar.RegisterAsync(Reminders, reminder.ActorType, reminder.ActorId.GetId(), reminder.Name, body);
    }

    public override async Task<IActorReminder> GetReminderAsync(ActorReminderToken reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        var answer = await sidecar.GetReminderAsync(reminder.ActorType, reminder.ActorId.GetId(), reminder.Name);
        var found = FiredCall.Read(answer);
        // What is due already has no time left, whatever the sidecar says about how far in the past that was.
        var due = found.DueTime < TimeSpan.Zero ? TimeSpan.Zero : found.DueTime;
        return new ActorReminder(reminder.ActorType, reminder.ActorId, reminder.Name, found.Data, due, found.Period);
    }

    public override Task UnregisterReminderAsync(ActorReminderToken reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        return sidecar.UnregisterAsync(Reminders, reminder.ActorType, reminder.ActorId.GetId(), reminder.Name);
    }

    public override Task RegisterTimerAsync(ActorTimer timer)
    {
        ArgumentNullException.ThrowIfNull(timer);
        var body = Write(timer.DueTime, timer.Data, timer.Ttl, json =>
        {
            if (timer.Period >= TimeSpan.Zero) json.WriteString("period", ActorDuration.Write(timer.Period));
            json.WriteString("callback", timer.TimerCallback);
        });
        return sidecar.RegisterAsync(Timers, timer.ActorType, timer.ActorId.GetId(), timer.Name, body);
    }

    public override Task UnregisterTimerAsync(ActorTimerToken timer)
    {
        ArgumentNullException.ThrowIfNull(timer);
        return sidecar.UnregisterAsync(Timers, timer.ActorType, timer.ActorId.GetId(), timer.Name);
    }

    private static ReadOnlyMemory<byte> Write(TimeSpan dueTime, byte[] data, TimeSpan? ttl, Action<Utf8JsonWriter> rest) =>
        SidecarJson.Write(JsonSerializerOptions.Default, json =>
        {
            json.WriteStartObject();
            json.WriteString("dueTime", ActorDuration.Write(dueTime));
            rest(json);
            json.WriteBase64String("data", data);
            if (ttl is { } life) json.WriteString("ttl", ActorDuration.Write(life));
            json.WriteEndObject();
        });
}
