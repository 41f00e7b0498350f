using Agents.Defaults.State;

namespace Agents.Defaults.Replicas;

/// <summary>
/// What must be done at a later moment, without a timer for each: it is noted in the bucket of its moment, and one replica at a time looks
/// through the buckets as they come due (a timing wheel, Varghese and Lauck 1987, kept in a store). A bucket may be looked through twice,
/// when two replicas believe in their lease for a moment: a note says "look", never "do".
/// </summary>
/// <param name="name">Of the buckets, unique within this app.</param>
/// <param name="lookback">How many buckets before now are looked through where nobody has ever looked.</param>
public abstract partial class DueBuckets(string name, int lookback, Stores stores, Leases leases, TimeProvider time, ILogger logger) : BackgroundService
{
    /// <summary>The width of a bucket.</summary>
    public const int BucketSeconds = 5;

    // An hour of them at a time.
    private const int MaxBuckets = 720;

    // Late notes, of replicas that were slow between looking at the clock and writing, still come before their bucket is looked through.
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(2);

    /// <summary>The bucket of a moment: one that is looked through after it.</summary>
    public static long BucketOf(DateTimeOffset due) => (due.ToUnixTimeSeconds() / BucketSeconds) + 1;

    /// <summary>The clock.</summary>
    protected TimeProvider Time => time;

    /// <summary>Looks through a bucket.</summary>
    protected abstract Task LookThroughAsync(long bucket, CancellationToken cancellationToken);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(BucketSeconds), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (leases.IsOurs(await leases.TakeAsync(name, stoppingToken)))
                    await LookAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // The store is away: the buckets wait.
                NotLooked(logger, name, exception.GetType().Name);
            }
        }
    }

    /// <summary>Looks through what has come due.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = (time.GetUtcNow() - Late).ToUnixTimeSeconds() / BucketSeconds;
        var next = (await stores.Main.GetAsync<Cursor>(name, cancellationToken))?.Value.Next ?? now - lookback;
        for (var bucket = next; bucket < Math.Min(now, next + MaxBuckets); bucket++)
        {
            await LookThroughAsync(bucket, cancellationToken);
            await stores.Main.PutAsync(name, new Cursor(bucket + 1), cancellationToken);
        }
    }

    private sealed record Cursor(long Next);

    [LoggerMessage(LogLevel.Warning, "What is due in {Name} was not looked at: {Cause}")]
    private static partial void NotLooked(ILogger logger, string name, string cause);
}
