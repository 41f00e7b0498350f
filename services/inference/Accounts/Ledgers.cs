using System.Collections.Concurrent;

namespace Agents.Inference.Accounts;

/// <summary>A journal and the purses whose leases it stands for: they live and end together.</summary>
internal sealed class Ledgers(Journal journal)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<TaskCompletionSource<Account?>>> _waiters = new(StringComparer.Ordinal);
    private long _counted;

    public Journal Journal { get; } = journal;

    public ConcurrentDictionary<string, Purse> Purses { get; } = new(StringComparer.Ordinal);

    /// <summary>Tenants whose lease runs low.</summary>
    public ConcurrentDictionary<string, bool> Low { get; } = new(StringComparer.Ordinal);

    /// <summary>Pages whose charges every purse knows: never more than the journal has.</summary>
    public long CountedPages
    {
        get => Volatile.Read(ref _counted);
        set => Volatile.Write(ref _counted, value);
    }

    /// <summary>The outcome of an update that begins after this moment; null when there was none in time.</summary>
    public async Task<Account?> NextUpdateAsync(string tenant, Action wake, TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
    {
        var mine = new TaskCompletionSource<Account?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Wait(tenant, [mine]);
        wake();
        await using var timer = time.CreateTimer(_ => mine.TrySetResult(null), null, longest, Timeout.InfiniteTimeSpan);
        await using var gone = cancellationToken.UnsafeRegister(_ => mine.TrySetCanceled(cancellationToken), null);
        return await mine.Task;
    }

    /// <summary>Adds waiters, for the first time or because an update failed.</summary>
    public void Wait(string tenant, List<TaskCompletionSource<Account?>> waiters)
    {
        lock (_gate)
        {
            if (!_waiters.TryAdd(tenant, waiters))
                _waiters[tenant].AddRange(waiters.Where(waiter => !waiter.Task.IsCompleted));
        }
    }

    /// <summary>Those who wait for the update that begins now.</summary>
    public List<TaskCompletionSource<Account?>> TakeWaiters(string tenant)
    {
        lock (_gate)
            return _waiters.Remove(tenant, out var waiters) ? waiters : [];
    }
}
