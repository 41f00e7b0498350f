using System.Text.Json;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Defaults.State;

namespace Agents.Defaults.Ledgers;

/// <summary>
/// An append-only list on a store that can only compare-and-swap one key: a head record, plus immutable pages that are written
/// before the head names them. An append is visible at once or not at all; readers never see a gap. Sequence numbers start at 0.
/// </summary>
public sealed class Ledger<T>
{
    // A head or page stays far below the 256 KB that every store takes, also after escaping.
    private const int MaxTailEntries = 256;
    private const int MaxTailBytes = 64 * 1024;

    // So many pages of one level become one of the next, so that a head names at most a few hundred however long the ledger is.
    private const int Fan = 64;

    private readonly Records _records;
    private readonly string _key;
    private readonly Lock _gate = new();
    private List<Pending> _waiting = [];
    private bool _committing;

    internal Ledger(Records records, string key)
    {
        _records = records;
        _key = key;
    }

    /// <summary>Appends entries in order, all or none. Appends of this process that wait at the same time share one write.</summary>
    /// <returns>The sequence number of the first one.</returns>
    /// <exception cref="ProblemException">409 <c>contention</c>, or the entries exceed 64 KB.</exception>
    public Task<long> AppendAsync(IReadOnlyList<T> entries, CancellationToken cancellationToken)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(entries, Json.Options).Length;
        if (entries.Count is 0 or > MaxTailEntries || bytes > MaxTailBytes)
            throw new ProblemException(new Problem(413, "entry_too_large", $"An append takes 1 to {MaxTailEntries} entries of {MaxTailBytes} bytes in all."));
        var pending = new Pending(entries, bytes);
        lock (_gate)
        {
            _waiting.Add(pending);
            if (!_committing)
            {
                _committing = true;
                _ = Task.Run(CommitWaitingAsync, CancellationToken.None);
            }
        }
        return pending.Done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Up to <paramref name="limit"/> entries from sequence <paramref name="from"/> on. Empty when there are none yet.</summary>
    public async Task<LedgerSlice<T>> ReadAsync(long from, int limit, CancellationToken cancellationToken)
    {
        var head = (await _records.GetAsync<LedgerHead<T>>(_key, cancellationToken))?.Value ?? LedgerHead<T>.Empty;
        var entries = new List<T>();
        await CollectAsync(head.Pages, from, limit, entries, cancellationToken);
        if (entries.Count < limit)
            entries.AddRange(head.Tail.Skip((int)Math.Max(0, from - head.TailFirst)));
        return new LedgerSlice<T>(entries.Count > limit ? entries[..limit] : entries, from, head.Count);
    }

    /// <summary>How many entries there are.</summary>
    public async Task<long> CountAsync(CancellationToken cancellationToken) =>
        (await _records.GetAsync<LedgerHead<T>>(_key, cancellationToken))?.Value.Count ?? 0;

    private async Task CollectAsync(IReadOnlyList<LedgerPage> pages, long from, int limit, List<T> entries, CancellationToken cancellationToken)
    {
        foreach (var page in pages.Where(page => page.First + page.Count > from))
        {
            if (entries.Count >= limit)
                return;
            if (page.Level > 0)
                await CollectAsync(await PageAsync<LedgerPage>(page, cancellationToken), from, limit, entries, cancellationToken);
            else
                entries.AddRange((await PageAsync<T>(page, cancellationToken)).Skip((int)Math.Max(0, from - page.First)));
        }
    }

    private async Task<IReadOnlyList<TItem>> PageAsync<TItem>(LedgerPage page, CancellationToken cancellationToken) =>
        (await _records.GetAsync<IReadOnlyList<TItem>>(PageKey(page.Id), cancellationToken))?.Value
        ?? throw new InvalidOperationException($"Ledger {_key} names page {page.Id}, which is not there.");

    private async Task CommitWaitingAsync()
    {
        while (true)
        {
            List<Pending> batch;
            lock (_gate)
            {
                batch = TakeBatch();
                if (batch.Count == 0)
                {
                    _committing = false;
                    return;
                }
            }
            try
            {
                var first = await CommitAsync([.. batch.SelectMany(pending => pending.Entries)]);
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

    private List<Pending> TakeBatch()
    {
        int count = 0, entries = 0, bytes = 0;
        while (count < _waiting.Count && (count == 0 || (entries + _waiting[count].Entries.Count <= MaxTailEntries && bytes + _waiting[count].Bytes <= MaxTailBytes)))
        {
            entries += _waiting[count].Entries.Count;
            bytes += _waiting[count].Bytes;
            count++;
        }
        var batch = _waiting[..count];
        _waiting = _waiting[count..];
        return batch;
    }

    private async Task<long> CommitAsync(IReadOnlyList<T> entries)
    {
        // A caller who stops waiting must not leave the others of its batch in doubt, so a commit is never cancelled.
        var cancellationToken = CancellationToken.None;
        long first = 0;
        var written = new List<LedgerPage>();
        for (var attempt = 0; ; attempt++)
        {
            var current = await _records.GetAsync<LedgerHead<T>>(_key, cancellationToken);
            var head = current?.Value ?? LedgerHead<T>.Empty;
            first = head.Count;
            var next = Overflows(head.Tail, entries)
                ? new LedgerHead<T>(await WritePagesAsync(head, written, cancellationToken), entries, head.Count)
                : head with { Tail = [.. head.Tail, .. entries] };
            var done = current is null
                ? await _records.TryCreateAsync(_key, next, cancellationToken)
                : await _records.TryReplaceAsync(_key, next, current.ETag, cancellationToken);
            if (done)
                return first;
            foreach (var page in written)
                await _records.DeleteAsync(PageKey(page.Id), cancellationToken);
            written.Clear();
            if (attempt == 32)
                throw new ProblemException(Problem.Conflict("contention", "Too many writers at once; try again.", TimeSpan.FromSeconds(1)));
            await Task.Delay(Random.Shared.Next(1, 4 << Math.Min(attempt, 5)), cancellationToken);
        }
    }

    /// <summary>Moves the tail to a page, and the newest pages of a level to one of the next level whenever there are <see cref="Fan"/> of them.</summary>
    private async Task<IReadOnlyList<LedgerPage>> WritePagesAsync(LedgerHead<T> head, List<LedgerPage> written, CancellationToken cancellationToken)
    {
        List<LedgerPage> pages = [.. head.Pages, await WriteAsync(head.Tail, new LedgerPage(NewId(), head.TailFirst, head.Tail.Count))];
        while (pages.Count >= Fan && pages[^Fan].Level == pages[^1].Level)
        {
            var run = pages[^Fan..];
            var above = new LedgerPage(NewId(), run[0].First, run.Sum(page => page.Count), run[0].Level + 1);
            pages = [.. pages[..^Fan], await WriteAsync(run, above)];
        }
        return pages;

        async Task<LedgerPage> WriteAsync<TItem>(IReadOnlyList<TItem> items, LedgerPage page)
        {
            await _records.PutAsync(PageKey(page.Id), items, cancellationToken);
            written.Add(page);
            return page;
        }

        string NewId() => $"{head.TailFirst}-{Guid.CreateVersion7():N}";
    }

    private static bool Overflows(IReadOnlyList<T> tail, IReadOnlyList<T> more) => tail.Count > 0
        && (tail.Count + more.Count > MaxTailEntries
            || JsonSerializer.SerializeToUtf8Bytes(tail, Json.Options).Length + JsonSerializer.SerializeToUtf8Bytes(more, Json.Options).Length > MaxTailBytes);

    private string PageKey(string page) => $"{_key}/{page}";

    private sealed record Pending(IReadOnlyList<T> Entries, int Bytes)
    {
        public TaskCompletionSource<long> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
