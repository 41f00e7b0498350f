namespace Agents.Defaults.Ledgers;

/// <summary>Group commit: while one write is under way, appends gather, and the next write takes them all, in the order in which they came.</summary>
/// <param name="commit">Appends entries of so many bytes, all or none; gives the sequence number of the first.</param>
internal sealed class AppendQueue<T>(Func<IReadOnlyList<T>, int, Task<long>> commit)
{
    private readonly Lock _gate = new();
    private List<Pending> _waiting = [];
    private bool _committing;

    public Task<long> AddAsync(IReadOnlyList<T> entries, int bytes)
    {
        var pending = new Pending(entries, bytes);
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
                var first = await commit([.. batch.SelectMany(pending => pending.Entries)], batch.Sum(pending => pending.Bytes));
                foreach (var pending in batch)
                {
                    pending.Done.SetResult(first);
                    first += pending.Entries.Count;
                }
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
                entries += _waiting[count].Entries.Count;
                bytes += _waiting[count].Bytes;
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

    private sealed record Pending(IReadOnlyList<T> Entries, int Bytes)
    {
        public TaskCompletionSource<long> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
