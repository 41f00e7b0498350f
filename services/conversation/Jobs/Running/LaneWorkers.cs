using System.Text.Json;
using Agents.Conversation.Jobs.Lanes;
using Agents.Defaults.Events;
using Dapr.Client;

namespace Agents.Conversation.Jobs.Running;

/// <summary>The workers of this process: of one lane in the role <c>conversation-{lane}</c>; of all lanes on a laptop, where one process does all.</summary>
internal sealed class LaneWorkers(IReadOnlyList<string> lanes, DaprClient dapr, IHostApplicationLifetime lifetime, IServiceProvider services) : BackgroundService
{
    private readonly Dictionary<string, LaneWorker> _workers =
        lanes.ToDictionary(lane => lane, lane => ActivatorUtilities.CreateInstance<LaneWorker>(services, lane));

    public IEnumerable<string> Lanes => _workers.Keys;

    public Task WakeAsync(string lane, int shard) => _workers[lane].WakeAsync(shard);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(_workers.Values.Select(worker => worker.StoppedAsync())).WaitAsync(cancellationToken);
    }

    public override void Dispose()
    {
        foreach (var worker in _workers.Values)
            worker.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await dapr.WaitForSidecarAsync(stoppingToken);
        foreach (var worker in _workers.Values)
        {
            // Before anything else stops: the server waits for wake-ups that are being handled.
            lifetime.ApplicationStopping.Register(worker.Stop);
            worker.Start();
        }
    }
}

internal static class LaneWorkerEndpoints
{
    public static void AddLaneWorkers(this IServiceCollection services, Role role)
    {
        services.AddSingleton<JobRunner>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<LaneWorkers>(provider, role.Lanes));
        services.AddHostedService(provider => provider.GetRequiredService<LaneWorkers>());
    }

    /// <summary>Where the sidecar delivers wake-ups. Always a success: what is to be run the lane knows, and looks again by itself.</summary>
    public static void MapLaneWorkers(this IEndpointRouteBuilder routes)
    {
        var workers = routes.ServiceProvider.GetRequiredService<LaneWorkers>();
        foreach (var lane in workers.Lanes)
            routes.MapTopic(LaneOptions.Topic(lane), async (HttpRequest request) => await workers.WakeAsync(lane, await ShardAsync(request)));
    }

    // Of a wake-up that cannot be read no more than that it is one is needed.
    private static async Task<int> ShardAsync(HttpRequest request)
    {
        try
        {
            using var message = await JsonDocument.ParseAsync(request.Body, default, request.HttpContext.RequestAborted);
            return message.RootElement.TryGetProperty("data", out var data) && data.TryGetProperty("shard", out var shard) && shard.TryGetInt32(out var number) && number is >= 0 and < 64
                ? number
                : 0;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return 0;
        }
    }
}
