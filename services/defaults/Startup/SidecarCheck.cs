using Agents.Defaults.Probes;
using Agents.Defaults.State;
using Dapr.Client;

namespace Agents.Defaults.Startup;

/// <summary>
/// Waits for the sidecar, then refuses stores that lack what the services rely on: better a clear line at the start than lost data
/// later. The service is ready when this is done.
/// </summary>
internal sealed partial class SidecarCheck(
    DaprClient dapr, Readiness readiness, IHostApplicationLifetime lifetime, ILogger<SidecarCheck> logger) : BackgroundService
{
    private static readonly string[] Needed = ["ETAG", "TTL"];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        lifetime.ApplicationStopping.Register(readiness.Stopping);
        try
        {
            await dapr.WaitForSidecarAsync(stoppingToken);
            var metadata = await dapr.GetMetadataAsync(stoppingToken);
            var problems = Problems(metadata).ToList();
            foreach (var problem in problems)
                Refused(logger, problem);
            if (problems.Count == 0)
                readiness.Ready();
            else
                Stop();
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            Refused(logger, $"the sidecar does not answer as expected: {exception.Message}");
            Stop();
        }
    }

    private static IEnumerable<string> Problems(DaprMetadata metadata)
    {
        foreach (var name in new[] { Stores.MainName, Stores.SessionsName })
        {
            var component = metadata.Components.FirstOrDefault(component => component.Name == name);
            if (component is null)
                yield return $"there is no state component '{name}'; add one to the components folder";
            else if (Needed.Except(component.Capabilities, StringComparer.OrdinalIgnoreCase).ToList() is { Count: > 0 } missing)
                yield return $"component '{name}' of type {component.Type} lacks {string.Join(" and ", missing)}; choose a store that has them";
        }
        if (metadata.Components.All(component => component.Name != Events.Subscriptions.PubSub))
            yield return $"there is no pub/sub component '{Events.Subscriptions.PubSub}'; add one to the components folder";
    }

    private void Stop()
    {
        Environment.ExitCode = 1;
        lifetime.StopApplication();
    }

    [LoggerMessage(LogLevel.Critical, "Not starting: {Problem}")]
    private static partial void Refused(ILogger logger, string problem);
}
