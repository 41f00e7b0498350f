namespace Agents.Retrieval.Ingestion;

/// <summary>Sends the messages of open work again that nobody finished in time, and measures how far the index is behind.</summary>
internal sealed partial class Sweep(OpenWork open, WorkQueue queue, RetrievalTelemetry telemetry, TimeProvider time, ILogger<Sweep> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Store or broker are away; the next round comes soon, and what was taken as due comes again later.
                Failed(logger, exception.GetType().Name);
            }
        }
    }

    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        var (all, due) = await open.TakeDueAsync(cancellationToken);
        var indexing = all.Where(item => item is { Document: not null, Upload: not null }).ToList();
        telemetry.Lag(indexing.Count == 0 ? TimeSpan.Zero : time.GetUtcNow() - indexing.Min(item => item.Since), indexing.Count);
        foreach (var item in due)
            await queue.PublishAsync(item.Work, cancellationToken);
        if (due.Count > 0)
            Resent(logger, due.Count);
    }

    [LoggerMessage(LogLevel.Warning, "Sent {Count} messages again whose documents were not done in time")]
    private static partial void Resent(ILogger logger, int count);

    [LoggerMessage(LogLevel.Warning, "Open work was not looked at: {Cause}")]
    private static partial void Failed(ILogger logger, string cause);
}
