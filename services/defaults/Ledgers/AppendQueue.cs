namespace Agents.Defaults.Ledgers;

/// <summary>Entries to append.</summary>
/// <param name="Bytes">About how many they take.</param>
/// <param name="NewSince">Null, or: only those are appended that do not stand at this sequence number or after it.</param>
internal sealed record Append<T>(IReadOnlyList<T> Entries, int Bytes, long? NewSince = null);

/// <summary>Group commit: while one write is under way, appends gather, and the next write takes them all, in the order in which they came.</summary>
/// <param name="commit">Makes appends, all or none; gives the sequence number of each one's first entry.</param>
internal sealed class AppendQueue<T>(Func<IReadOnlyList<Append<T>>, Task<IReadOnlyList<long>>> commit)
{
    private readonly Lock _gate = new();
    private List<Pending> _waiting = [];
    private bool _committing;

    public Task<long> AddAsync(Append<T> append)
    {
        var pending = new Pending(append);
        lock (_gate)
        {
            _waiting.Add(pending);
            if (_committing)
                return pending.Done.Task;
            _committing = true;
        }
        _ = CommitWaitingAsync();
        return pending.Done.Task;
    }

    private async Task CommitWaitingAsync()
    {
        while (TakeBatch() is { } batch)
        {
            try
            {
                var places = await commit([.. batch.Select(pending => pending.Append)]);
                foreach (var (pending, first) in batch.Zip(places))
                    pending.Done.SetResult(first);
            }
            catch (Exception exception)
            {
                // Each waiter learns why its append failed; the next batch may fare better.
                foreach (var pending in batch)
                    pending.Done.SetException(exception);
            }
        }
    }

    private List<Pending>? TakeBatch()
    {
        lock (_gate)
        {
            int count = 0, entries = 0, bytes = 0;
            for (; count < _waiting.Count; count++)
            {
                entries += _waiting[count].Append.Entries.Count;
                bytes += _waiting[count].Append.Bytes;
                if (count > 0 && (entries > LedgerLimits.AppendEntries || bytes > LedgerLimits.AppendBytes))
                    break;
            }
            _committing = count > 0;
            if (count == 0)
                return null;
            var batch = _waiting[..count];
            _waiting = _waiting[count..];
            return batch;
        }
    }

    private sealed record Pending(Append<T> Append)
    {
        public TaskCompletionSource<long> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
