using Agents.Defaults.Events;
using Dapr;
using Dapr.Client;

namespace Agents.Conversation.Jobs.Lanes;

/// <summary>A wake-up on <c>jobs-{lane}</c>: names a lane and a shard to begin with, never a job. One that is lost costs two seconds.</summary>
internal sealed record WakeUp(string Lane, int Shard);

/// <summary>Publishes wake-ups, without making anybody wait.</summary>
internal sealed partial class WakeUps(DaprClient dapr, ILogger<WakeUps> logger)
{
    /// <summary>Where so many wait, whoever comes asks for more by himself.</summary>
    public const int Enough = 256;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public void Publish(string lane, int shard, int count) => _ = Task.Run(() => PublishAsync(lane, shard, count));

    private async Task PublishAsync(string lane, int shard, int count)
    {
        try
        {
            using var limit = new CancellationTokenSource(Limit);
            var wakeUps = Enumerable.Repeat(new WakeUp(lane, shard), count).ToList();
            await dapr.BulkPublishEventAsync(Subscriptions.PubSub, LaneOptions.Topic(lane), wakeUps, cancellationToken: limit.Token);
        }
        catch (Exception exception) when (exception is DaprException or HttpRequestException or OperationCanceledException)
        {
            // The lane looks again in two seconds.
            Lost(logger, lane, exception.GetType().Name);
        }
    }

    [LoggerMessage(LogLevel.Warning, "A wake-up of lane {Lane} was not published: {Cause}")]
    private static partial void Lost(ILogger logger, string lane, string cause);
}
