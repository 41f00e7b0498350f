using Agents.Defaults.Errors;
using Agents.Defaults.State;
using Dapr;

namespace Agents.Defaults.Ledgers;

internal static class LedgerStorage
{
    public static readonly TimeSpan ShortestKeep = TimeSpan.FromMinutes(1);

    /// <summary>How long a deleted ledger refuses latecomers.</summary>
    public static readonly TimeSpan TombstoneKept = TimeSpan.FromDays(1);
}

/// <summary>A page is not there although the head names it. Once that means that the ledger is being deleted; twice, that a page is lost.</summary>
internal sealed class PageMissingException(string key) : InvalidOperationException($"Ledger {key} names a page which is not there.");

/// <summary>A ledger's head and pages in the store.</summary>
internal sealed class LedgerStorage<T>(Records records, string key, TimeSpan? keep, LedgerLimits limits, TimeProvider time)
{
    private const int MaxAttempts = 32;
    private const int MaxFailures = 3;

    // So many pages are at most 1 MB.
    private const int PagesAtOnce = 16;

    public string Key => key;

    public TimeProvider Time => time;

    public TimeSpan? HeadTtl => keep;

    // While pages are being removed the tombstone must not go before them.
    public TimeSpan? RemovalTtl => PageTtl > LedgerStorage.TombstoneKept ? PageTtl : keep is null ? null : LedgerStorage.TombstoneKept;

    // Pages outlive their head by far, whatever the clocks of two machines make of half the time.
    private TimeSpan? PageTtl => 2 * keep;

    public async Task<LedgerHead<T>?> HeadAsync(CancellationToken cancellationToken) =>
        (await records.GetAsync<LedgerHead<T>>(key, cancellationToken))?.Value;

    /// <summary>Changes the head: looks, decides and writes, until the decision is that nothing is left to do.</summary>
    /// <param name="next">
    /// The head to be from the head that is, or null when it is as wanted. It must recognise its own work: an answer can be lost, and others
    /// may have changed the head since, so a write that seems refused is settled by the next look.
    /// </param>
    /// <exception cref="DaprException">The store does not answer; nobody knows whether the last write took place.</exception>
    /// <exception cref="ProblemException">409 <c>contention</c>: nothing was written.</exception>
    public async Task ChangeAsync(Func<LedgerHead<T>, Task<LedgerHead<T>?>> next, TimeSpan? ttl, CancellationToken cancellationToken)
    {
        int failures = 0, missing = 0;
        for (var attempt = 0; ; attempt++)
        {
            var current = await records.GetAsync<LedgerHead<T>>(key, cancellationToken);
            try
            {
                if (await next(current?.Value ?? LedgerHead<T>.Empty) is not { } wanted)
                    return;
                if (attempt == MaxAttempts)
                    throw new ProblemException(Problem.Conflict("contention", "Too many writers at once; try again.", TimeSpan.FromSeconds(1)));
                if (current is null
                    ? await records.TryCreateAsync(key, wanted, cancellationToken, ttl)
                    : await records.TryReplaceAsync(key, wanted, current.ETag, cancellationToken, ttl))
                {
                    return;
                }
            }
            catch (DaprException) when (++failures < MaxFailures)
            {
                // Refused, or done and the answer lost: the next look at the head tells.
            }
            catch (PageMissingException) when (++missing < 2)
            {
                // The next look finds the tombstone.
            }
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 4 << Math.Min(attempt, 5))), time, cancellationToken);
        }
    }

    /// <summary>The head with one more commit. A full tail that the head holds becomes a page on the way, before the new head names it.</summary>
    public async Task<LedgerHead<T>> ExtendAsync(LedgerHead<T> head, LedgerCommit<T> commit, int bytes, CancellationToken cancellationToken)
    {
        head = await KeepAsync(head, cancellationToken);
        if (head.Full is { } full)
        {
            await WriteAsync(full.Page, full.Commits, cancellationToken);
            head = head with { Pages = await FoldAsync([.. head.Pages, full.Page], cancellationToken), Full = null };
        }
        if (head.TailCount > 0 && (head.TailCount + commit.Entries.Count > limits.TailEntries || head.TailBytes + bytes > limits.TailBytes))
        {
            var page = new LedgerPage(head.Fence, head.TailFirst, head.TailCount);
            head = head with { Full = new FullTail<T>(page, head.Tail), Tail = [], TailFirst = head.Count, TailCount = 0, TailBytes = 0 };
        }
        return head with { Tail = [.. head.Tail, commit], TailCount = head.TailCount + commit.Entries.Count, TailBytes = head.TailBytes + bytes };
    }

    /// <summary>Up to <paramref name="limit"/> entries from a position on.</summary>
    public async Task<List<T>> ReadAsync(LedgerHead<T> head, long from, int limit, CancellationToken cancellationToken)
    {
        var until = from + limit;
        var commits = new List<(long First, LedgerCommit<T> Commit)>();
        foreach (var some in (await LeavesAsync(head.Pages, from, until, cancellationToken)).Chunk(PagesAtOnce))
        {
            var contents = await FetchAsync<LedgerCommit<T>>(some, cancellationToken);
            commits.AddRange(some.Zip(contents).SelectMany(page => LedgerCommit<T>.Number(page.First.First, page.Second)));
        }
        commits.AddRange(head.Commits());
        return [.. commits.SelectMany(item => item.Commit.Entries.Skip((int)Math.Clamp(from - item.First, 0, int.MaxValue))).Take(limit)];
    }

    /// <summary>Who appended the commit that begins at a position; null when none begins there.</summary>
    public async Task<string?> WriterAtAsync(LedgerHead<T> head, long first, CancellationToken cancellationToken)
    {
        if (first >= head.Count)
            return null;
        var commits = head.Commits();
        if (await LeavesAsync(head.Pages, first, first + 1, cancellationToken) is [var page])
            commits = LedgerCommit<T>.Number(page.First, await FetchAsync<LedgerCommit<T>>(page, cancellationToken));
        return commits.FirstOrDefault(item => item.First == first).Commit?.Writer;
    }

    /// <summary>Removes what the head names.</summary>
    public async Task RemovePagesAsync(IReadOnlyList<LedgerPage> pages, CancellationToken cancellationToken)
    {
        foreach (var page in pages)
        {
            // What a page lists goes first, so that an interrupted removal can be repeated.
            if (page.Level > 0 && await records.GetAsync<IReadOnlyList<LedgerPage>>(PageKey(page), cancellationToken) is { } children)
                await RemovePagesAsync(children.Value, cancellationToken);
            await records.DeleteAsync(PageKey(page), cancellationToken);
        }
    }

    /// <summary>The head with the pages' time to live renewed, when half of it may have passed.</summary>
    public async Task<LedgerHead<T>> KeepAsync(LedgerHead<T> head, CancellationToken cancellationToken)
    {
        if (keep is null || time.GetUtcNow() - head.Kept < keep / 2)
            return head;
        await RenewAsync(head.Pages, cancellationToken);
        return head with { Kept = time.GetUtcNow() };
    }

    private async Task RenewAsync(IReadOnlyList<LedgerPage> pages, CancellationToken cancellationToken)
    {
        foreach (var page in pages)
        {
            if (page.Level == 0)
            {
                await WriteAsync(page, await FetchAsync<LedgerCommit<T>>(page, cancellationToken), cancellationToken);
                continue;
            }
            var children = await FetchAsync<LedgerPage>(page, cancellationToken);
            await RenewAsync(children, cancellationToken);
            await WriteAsync(page, children, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<LedgerPage>> FoldAsync(List<LedgerPage> pages, CancellationToken cancellationToken)
    {
        while (pages.Count >= limits.Fan && pages[^limits.Fan].Level == pages[^1].Level)
        {
            var run = pages[^limits.Fan..];
            var above = new LedgerPage(run[0].Fence, run[0].First, run.Sum(page => page.Count), run[0].Level + 1);
            await WriteAsync(above, run, cancellationToken);
            pages = [.. pages[..^limits.Fan], above];
        }
        return pages;
    }

    private async Task<List<LedgerPage>> LeavesAsync(IReadOnlyList<LedgerPage> pages, long from, long until, CancellationToken cancellationToken)
    {
        var wanted = pages.Where(page => page.Holds(from, until)).ToList();
        for (int at; (at = wanted.FindIndex(page => page.Level > 0)) >= 0;)
        {
            var lists = wanted.Skip(at).TakeWhile(page => page.Level == wanted[at].Level).Take(PagesAtOnce).ToList();
            var children = await FetchAsync<LedgerPage>(lists, cancellationToken);
            wanted = [.. wanted[..at], .. children.SelectMany(list => list).Where(page => page.Holds(from, until)), .. wanted[(at + lists.Count)..]];
        }
        return wanted;
    }

    private async Task<IReadOnlyList<TItem>> FetchAsync<TItem>(LedgerPage page, CancellationToken cancellationToken) =>
        (await FetchAsync<TItem>([page], cancellationToken))[0];

    private async Task<IReadOnlyList<IReadOnlyList<TItem>>> FetchAsync<TItem>(IReadOnlyList<LedgerPage> pages, CancellationToken cancellationToken)
    {
        var found = await records.GetManyAsync<IReadOnlyList<TItem>>([.. pages.Select(PageKey)], cancellationToken);
        if (found.Count < pages.Count)
            throw new PageMissingException(key);
        return [.. pages.Select(page => found[PageKey(page)].Value)];
    }

    private Task WriteAsync<TItem>(LedgerPage page, IReadOnlyList<TItem> items, CancellationToken cancellationToken) =>
        records.PutAsync(PageKey(page), items, cancellationToken, PageTtl);

    private string PageKey(LedgerPage page) => $"{key}/{page.Id}";
}
