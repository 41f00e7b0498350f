using Agents.Contracts;
using Agents.Defaults.Identity;
using Agents.Defaults.Replicas;

namespace Agents.Defaults.Events;

/// <summary>Announces this replica every 5 s: joins and leaves, as analytics sees them, are the scaling events.</summary>
internal sealed class HeartbeatPublisher(EventPublisher events, ServiceIdentity identity, ReplicaLoad load, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(ReplicaHeartbeat.Seconds);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        for (long beat = 1; ; beat++)
        {
            events.Publish(new ReplicaHeartbeat(
                Caller.OperatorTenant, time.GetUtcNow(), identity.Replica, identity.Epoch, beat, identity.AppId, identity.Role, load.Slots, load.Busy, identity.Version,
                load.Queues?.Invoke()));
            if (!await timer.WaitForNextTickAsync(stoppingToken))
                return;
        }
    }
}
