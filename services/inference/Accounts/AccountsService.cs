namespace Agents.Inference.Accounts;

/// <summary>Moves the money: commits within 50 ms, settles every second or when a call waits, and looks for dead replicas.</summary>
internal sealed partial class AccountsService(Treasury treasury, Undertaker undertaker, TimeProvider time, ILogger<AccountsService> logger) : BackgroundService
{
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(8);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(CommitAsync(stoppingToken), UpdateAsync(stoppingToken), PublishAsync(stoppingToken), BuryAsync(stoppingToken));

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // Calls have ended by now. What they took is written, settled and published; what is left of the leases goes back.
        using var end = new CancellationTokenSource(LastWords, time);
        try
        {
            for (var began = time.GetTimestamp(); time.GetElapsedTime(began) < LastWords;)
            {
                await treasury.CommitAsync(end.Token);
                await treasury.PublishAsync(end.Token);
                await treasury.UpdateAsync(urgent: false, end.Token);
                if (treasury.IsSettled && treasury.HoldsNothing)
                    return;
            }
        }
        catch (Exception exception) when (exception is Dapr.DaprException or HttpRequestException or OperationCanceledException)
        {
            // Another replica finishes it, as after a crash.
            Unfinished(logger, exception.GetType().Name);
        }
    }

    private Task CommitAsync(CancellationToken stoppingToken)
    {
        var tidied = time.GetTimestamp();
        return ForEverAsync(async () =>
        {
            await treasury.CommitAsync(stoppingToken);
            if (time.GetElapsedTime(tidied) >= Tick)
            {
                tidied = time.GetTimestamp();
                await treasury.TidyAsync(stoppingToken);
            }
            await treasury.WaitForEntriesAsync(Tick, stoppingToken);
            await Task.Delay(Gather, time, stoppingToken);
        }, stoppingToken);
    }

    private Task UpdateAsync(CancellationToken stoppingToken)
    {
        var ticked = time.GetTimestamp();
        return ForEverAsync(async () =>
        {
            await treasury.WaitForNeedsAsync(Tick - time.GetElapsedTime(ticked), stoppingToken);
            var tick = time.GetElapsedTime(ticked) >= Tick;
            if (tick)
                ticked = time.GetTimestamp();
            await treasury.UpdateAsync(urgent: !tick, stoppingToken);
        }, stoppingToken);
    }

    private Task PublishAsync(CancellationToken stoppingToken) => ForEverAsync(async () =>
    {
        await treasury.PublishAsync(stoppingToken);
        await Task.Delay(Gather, time, stoppingToken);
    }, stoppingToken);

    private Task BuryAsync(CancellationToken stoppingToken) => ForEverAsync(async () =>
    {
        await Task.Delay(Tick, time, stoppingToken);
        await undertaker.RunAsync(stoppingToken);
    }, stoppingToken);

    private async Task ForEverAsync(Func<Task> round, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await round();
            }
            catch (Exception exception) when (exception is Dapr.DaprException or HttpRequestException or Agents.Defaults.Errors.ProblemException)
            {
                // The store or the broker is away: nothing is lost, the next round tries again.
                Waiting(logger, exception.GetType().Name);
                await Task.Delay(Tick, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Accounts wait: {Cause}")]
    private static partial void Waiting(ILogger logger, string cause);

    [LoggerMessage(LogLevel.Warning, "Stopped before all accounts were settled: {Cause}")]
    private static partial void Unfinished(ILogger logger, string cause);
}
