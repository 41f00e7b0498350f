using System.Collections.Concurrent;
using Agents.Defaults.Errors;
using Agents.Defaults.Replicas;
using Agents.Defaults.State;
using Dapr;

namespace Agents.Defaults.Idempotency;

/// <summary>
/// Claims on idempotency keys. A claim holds for as long as its replica lives, so one whose end could not be written down, or of which it is
/// not known whether it was made, would keep its key from everybody: it is owed, and ended as soon as the store answers.
/// </summary>
internal sealed partial class Claims(Stores stores, ReplicaMonitor replicas, TimeProvider time, ILogger<Claims> logger) : BackgroundService
{
    private const int MaxOwed = 10_000;
    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>A write whose answer was lost is in the store by then, or never will be: longer than any call of the sidecar may take.</summary>
    private static readonly TimeSpan Unknown = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<Guid, Owed> _owed = new();

    /// <summary>The claim that is ours to run; else the answer, or the running request, that has the key.</summary>
    public async Task<Claim> TakeAsync(string key, string fingerprint)
    {
        if (_owed.Count >= MaxOwed)
            throw new ProblemException(new Problem(503, "dependency_unavailable", "The store does not answer; try again.", RetryAfter: Pause));
        var mine = new Claim(fingerprint, replicas.Self, Guid.CreateVersion7(), Guid.CreateVersion7());
        try
        {
            // Not given up half way when the caller leaves: nobody would know whether it was made.
            while (!await stores.Main.TryCreateAsync(key, mine, CancellationToken.None, Kept))
            {
                if (await stores.Main.GetAsync<Claim>(key, CancellationToken.None) is not { } found)
                    continue;
                var same = found.Value.Fingerprint == fingerprint;
                if (found.Value.Status is not null || (!same && !found.Value.Refused) || (found.Value.Owner is { } owner && replicas.IsAlive(owner)))
                    return found.Value;
                if (same)
                    mine = mine with { Operation = found.Value.Operation };
                if (await stores.Main.TryReplaceAsync(key, mine, found.ETag, CancellationToken.None, Kept))
                    break;
            }
            return mine with { Ours = true };
        }
        catch
        {
            Owe(key, mine with { Owner = null });
            throw;
        }
    }

    /// <summary>
    /// Ends a claim that is ours: with an answer, or without one. It is done at the latest when the store answers again. A replica that was
    /// taken for dead may have lost it: then what the other run answers stands.
    /// </summary>
    public async Task EndAsync(string key, Claim claim)
    {
        try
        {
            await stores.Main.UpdateAsync<Claim>(key, current => current is null || current.Attempt == claim.Attempt ? claim : null, CancellationToken.None, Kept);
        }
        catch (Exception exception) when (exception is DaprException or HttpRequestException)
        {
            Owe(key, claim);
        }
    }

    /// <summary>Ends what is owed, as far as the store answers.</summary>
    internal async Task SettleAsync(CancellationToken cancellationToken)
    {
        foreach (var (attempt, owed) in _owed)
        {
            var found = await stores.Main.GetAsync<Claim>(owed.Key, cancellationToken);
            var standing = found is { Value.Owner: not null, Value.Status: null } && found.Value.Attempt == attempt;
            if (standing ? await stores.Main.TryReplaceAsync(owed.Key, owed.End, found!.ETag, cancellationToken, Kept) : time.GetElapsedTime(owed.Since) > Unknown)
                _owed.TryRemove(attempt, out _);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(stoppingToken);
                await SettleAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                // Claims end with their replica.
            }
            catch (Exception exception) when (exception is DaprException or HttpRequestException)
            {
                StillOwed(logger, _owed.Count, exception.GetType().Name);
            }
        }
    }

    private void Owe(string key, Claim end) => _owed[end.Attempt] = new Owed(key, end, time.GetTimestamp());

    [LoggerMessage(LogLevel.Warning, "{Count} claims on idempotency keys could not be ended yet: {Cause}")]
    private static partial void StillOwed(ILogger logger, int count, string cause);

    private sealed record Owed(string Key, Claim End, long Since);
}
