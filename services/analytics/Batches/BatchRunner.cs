using Agents.Defaults.Api;
using Agents.Defaults.Replicas;

namespace Agents.Analytics.Batches;

/// <summary>
/// Carries long work out step by step, as the holder of its lease. A step may be taken twice, by two who believe to hold it: what it
/// writes follows from what it reads.
/// </summary>
internal abstract partial class BatchRunner(string name, OpenWork work, Leases leases, TimeProvider time, ILogger logger) : BackgroundService
{
    private const int AtOnce = 8;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Work is noted a moment before it has its record.
    private static readonly TimeSpan Stillborn = TimeSpan.FromMinutes(10);

    protected TimeProvider Time => time;

    /// <summary>Takes a step.</summary>
    /// <returns>Whether the work is done; null when it has no record.</returns>
    protected abstract Task<bool?> StepAsync(WorkPlace place, CancellationToken cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var open = await work.ListAsync(stoppingToken);
                if (open.Count > 0 && leases.IsOurs(await leases.TakeAsync(name, stoppingToken)))
                    await Parallel.ForEachAsync(open, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken }, LookAsync);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                NotLooked(logger, name, exception);
            }
        }
    }

    private async ValueTask LookAsync(WorkPlace place, CancellationToken cancellationToken)
    {
        try
        {
            if (await StepAsync(place, cancellationToken) ?? (Ids.TimeOf(place.Id) is not { } begun || time.GetUtcNow() - begun > Stillborn))
                await work.RemoveAsync(place, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it is, the other work goes on, and the next look tries again.
            Waiting(logger, place.Id, exception);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The {Name} were not looked at; trying again")]
    private static partial void NotLooked(ILogger logger, string name, Exception exception);

    [LoggerMessage(LogLevel.Warning, "{Work} does not go on; trying again")]
    private static partial void Waiting(ILogger logger, string work, Exception exception);
}
