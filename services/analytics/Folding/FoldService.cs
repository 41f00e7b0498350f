using Agents.Analytics.Archive;
using Agents.Analytics.Audit;
using Agents.Defaults.Errors;
using Agents.Defaults.Replicas;
using Dapr;

namespace Agents.Analytics.Folding;

/// <summary>Folds, a few times a second, the shards of tenants whose leases this replica holds. Each is held by one replica at a time.</summary>
internal sealed partial class FoldService(
    Leases leases, EventArchive archive, FigureStore store, AuditLog audit, TimeProvider time, ILogger<FoldService> logger) : BackgroundService
{
    private const int RoundsPerLook = 4;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly Folder _folder = new(archive, store, audit, time);
    private readonly Dictionary<int, Lease> _leases = [];

    /// <summary>What this replica folds, as of the last second.</summary>
    public Duty Duty { get; private set; } = Duty.None;

    /// <summary>Gives the shards back, so that another replica need not wait until this one is taken for dead.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            foreach (var lease in _leases.Values)
                await leases.ReleaseAsync(lease, cancellationToken);
        }
        catch (Exception exception) when (exception is DaprException or HttpRequestException or ProblemException or OperationCanceledException)
        {
            NotReleased(logger, exception.GetType().Name);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        for (var round = 0; await timer.WaitForNextTickAsync(stoppingToken); round++)
        {
            try
            {
                var look = round % RoundsPerLook == 0;
                if (look)
                    await TakeAsync(stoppingToken);
                foreach (var shard in await _folder.RoundAsync(look, stoppingToken))
                {
                    Lost(logger, shard);
                    _leases.Remove(shard);
                }
                if (look)
                    Duty = new Duty(_folder.Shards.ToHashSet(), _folder.Busy.ToHashSet());
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // What was read is not lost: it is read again from where it was last noted.
                Behind(logger, exception);
                _folder.Forget();
                Duty = Duty.None;
            }
        }
    }

    private async Task TakeAsync(CancellationToken cancellationToken)
    {
        for (var shard = 0; shard < FigureStore.Shards; shard++)
        {
            if (_folder.Shards.Contains(shard))
                continue;
            var lease = await leases.TakeAsync($"fold-{shard}", cancellationToken);
            if (!leases.IsOurs(lease))
                continue;
            await _folder.TakeAsync(shard, lease.Fence, cancellationToken);
            _leases[shard] = lease;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Another replica folds the tenants of shard {Shard} now")]
    private static partial void Lost(ILogger logger, int shard);

    [LoggerMessage(LogLevel.Information, "Shards are not given back, others take them in a few seconds: {Cause}")]
    private static partial void NotReleased(ILogger logger, string cause);

    [LoggerMessage(LogLevel.Warning, "The archive could not be folded; trying again")]
    private static partial void Behind(ILogger logger, Exception exception);
}

/// <summary>What a replica looks after.</summary>
/// <param name="Shards">Of tenants.</param>
/// <param name="Busy">Those of their tenants of which something was folded in the last seconds.</param>
internal sealed record Duty(IReadOnlySet<int> Shards, IReadOnlySet<string> Busy)
{
    public static Duty None { get; } = new(new HashSet<int>(), new HashSet<string>());
}
