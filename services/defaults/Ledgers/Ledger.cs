using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Dapr;

namespace Agents.Defaults.Ledgers;

/// <summary>
/// An append-only list on a store that can only compare-and-swap one key: a head record, plus immutable pages that are written
/// before the head names them. An append is visible at once or not at all; readers never see a gap, and a sequence number (from 0)
/// stands for the same entry for ever. While nobody has taken a ledger over, every replica may append to it; afterwards only the
/// owner with the highest fence may.
/// </summary>
public sealed class Ledger<T>
{
    private const int FollowAtOnce = 1_024;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private readonly LedgerStorage<T> _storage;
    private readonly AppendQueue<T> _appends;

    internal Ledger(LedgerStorage<T> storage, long fence)
    {
        _storage = storage;
        _appends = new AppendQueue<T>(CommitAsync);
        Fence = fence;
    }

    /// <summary>What this object may append with: 0 as everybody does, or the fence that <see cref="TakeOverAsync"/> raised.</summary>
    public long Fence { get; }

    /// <summary>Appends entries in order, all or none. Appends through this object that wait at the same time share one write.</summary>
    /// <returns>The sequence number of the first one.</returns>
    /// <exception cref="LedgerFencedException">Somebody took over, or the ledger is gone; nothing was or will be appended.</exception>
    /// <exception cref="ProblemException">413: over 256 entries or 64 KB. 409 <c>contention</c>.</exception>
    /// <exception cref="DaprException">The store does not answer; whether the entries are in the ledger only a later read tells.</exception>
    public Task<long> AppendAsync(IReadOnlyList<T> entries, CancellationToken cancellationToken)
    {
        var bytes = Bytes(entries);
        if (entries.Count is 0 or > LedgerLimits.AppendEntries || bytes > LedgerLimits.AppendBytes)
        {
            throw new ProblemException(new Problem(
                413, "entry_too_large", $"An append takes 1 to {LedgerLimits.AppendEntries} entries of {LedgerLimits.AppendBytes} bytes in all."));
        }
        return _appends.AddAsync(new Append<T>(entries, bytes)).WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Appends an entry unless it stands in the ledger at <paramref name="since"/> or after it, whoever else does the same at this moment.
    /// </summary>
    /// <param name="since">A sequence number not long ago: what has come since is read.</param>
    /// <exception cref="LedgerFencedException">Somebody took over, or the ledger is gone; nothing was or will be appended.</exception>
    /// <exception cref="DaprException">The store does not answer; repeating the call finds out.</exception>
    public Task AppendOnceAsync(T entry, long since, CancellationToken cancellationToken) =>
        _appends.AddAsync(new Append<T>([entry], Bytes([entry]), since)).WaitAsync(cancellationToken);

    /// <summary>Up to <paramref name="limit"/> entries from sequence <paramref name="from"/> on. Empty when there are none yet, or no more.</summary>
    public async Task<LedgerSlice<T>> ReadAsync(long from, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        for (var again = false; ; again = true)
        {
            var head = await _storage.HeadAsync(cancellationToken) ?? LedgerHead<T>.Empty;
            if (head.Deleted)
                return new LedgerSlice<T>([], from, 0, head.Fence, Deleted: true);
            try
            {
                var entries = await _storage.ReadAsync(head, from, limit, cancellationToken);
                return new LedgerSlice<T>(entries, from, head.Count, head.Fence, Deleted: false);
            }
            catch (PageMissingException) when (!again)
            {
                // The next look finds the tombstone.
            }
        }
    }

    /// <summary>How many entries there are.</summary>
    public async Task<long> CountAsync(CancellationToken cancellationToken) =>
        await _storage.HeadAsync(cancellationToken) is { Deleted: false } head ? head.Count : 0;

    /// <summary>
    /// Entries from sequence <paramref name="from"/> on, those to come included, in slices that are never empty. Looks every 100 ms while
    /// there is news, and ever more rarely, down to every 500 ms, while there is none.
    /// </summary>
    /// <returns>Ends when the ledger is deleted or has expired.</returns>
    /// <exception cref="DaprException">The store does not answer; go on from the last slice's <see cref="LedgerSlice{T}.Next"/>.</exception>
    public async IAsyncEnumerable<LedgerSlice<T>> FollowAsync(long from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var pause = ShortestPause; ;)
        {
            var slice = await ReadAsync(from, FollowAtOnce, cancellationToken);
            if (slice.Deleted || slice.End < from)
                yield break;
            if (slice.Entries.Count > 0)
            {
                yield return slice;
                from = slice.Next;
                pause = ShortestPause;
                if (from < slice.End)
                    continue;
            }
            await Task.Delay(pause, _storage.Time, cancellationToken);
            pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause;
        }
    }

    /// <summary>
    /// Takes the ledger over, which creates it when it is not there: from now on, only the returned object appends to it, until somebody
    /// asks for a higher fence. Of several who ask for the same one, one gets it.
    /// </summary>
    /// <param name="fence">Higher than the ledger's: one more than was read, or the number of a <see cref="Replicas.Lease"/>.</param>
    /// <exception cref="LedgerFencedException">The ledger has this fence, or a higher one, already; or it was deleted.</exception>
    public async Task<Ledger<T>> TakeOverAsync(long fence, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(fence);
        var owner = NewToken();
        await _storage.ChangeAsync(
            async head => head switch
            {
                { Deleted: false } when head.Owner == owner => null,
                { Deleted: false } when head.Fence < fence => await _storage.KeepAsync(head with { Fence = fence, Owner = owner }, cancellationToken),
                _ => throw Fenced(fence, head),
            },
            _storage.HeadTtl,
            cancellationToken);
        return new Ledger<T>(_storage, fence);
    }

    /// <summary>
    /// Deletes the ledger and all it holds. For a day a tombstone refuses every append; readers find nothing. A call that failed must be
    /// repeated, and may be repeated at any time.
    /// </summary>
    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<LedgerPage> pages = [];
        await _storage.ChangeAsync(
            head =>
            {
                pages = head.Full is { } full ? [.. head.Pages, full.Page] : head.Pages;
                return Task.FromResult(head.Deleted ? null : LedgerHead<T>.Empty with { Fence = head.Fence, Pages = pages, Deleted = true });
            },
            _storage.RemovalTtl,
            cancellationToken);
        await _storage.RemovePagesAsync(pages, cancellationToken);
        // Written once more even if nothing is left to remove: from now on the tombstone is kept for a day.
        var written = false;
        await _storage.ChangeAsync(
            head =>
            {
                var settled = written && head is { Deleted: true, Pages: [] };
                written = true;
                return Task.FromResult(settled ? null : head with { Pages = [], Deleted = true });
            },
            LedgerStorage.TombstoneKept,
            cancellationToken);
    }

    private async Task<IReadOnlyList<long>> CommitAsync(IReadOnlyList<Append<T>> appends)
    {
        // A caller who stops waiting must not leave the others of its batch in doubt, so a commit is never cancelled.
        var cancellationToken = CancellationToken.None;
        var writer = NewToken();
        var first = -1L;
        IReadOnlyList<IReadOnlyList<T>> fresh = [];
        LedgerPage? written = null;
        await _storage.ChangeAsync(
            async head =>
            {
                if (first >= 0 && await _storage.WriterAtAsync(head, first, cancellationToken) == writer)
                    return null;
                // A page that was written while the ledger was being deleted has nobody else to remove it.
                if (head.Deleted && written is not null)
                    await _storage.RemovePagesAsync([written], cancellationToken);
                if (head.Deleted || head.Fence != Fence)
                    throw Fenced(Fence, head);
                first = head.Count;
                written = head.Full?.Page;
                fresh = await FreshAsync(head, appends, cancellationToken);
                IReadOnlyList<T> entries = [.. fresh.SelectMany(some => some)];
                return entries.Count == 0
                    ? null
                    : await _storage.ExtendAsync(head, new LedgerCommit<T>(writer, entries), appends.Sum(append => append.Bytes), cancellationToken);
            },
            _storage.HeadTtl,
            cancellationToken);
        var places = new List<long>(appends.Count);
        foreach (var some in fresh)
        {
            places.Add(first);
            first += some.Count;
        }
        return places;
    }

    /// <summary>What of each append is not in the ledger yet, as far as it asks for that.</summary>
    private async Task<IReadOnlyList<IReadOnlyList<T>>> FreshAsync(LedgerHead<T> head, IReadOnlyList<Append<T>> appends, CancellationToken cancellationToken)
    {
        if (appends.Min(append => append.NewSince) is not { } since)
            return [.. appends.Select(append => append.Entries)];
        var standing = await _storage.ReadAsync(head, since, (int)Math.Max(0, head.Count - since), cancellationToken);
        var added = new HashSet<T>();
        return [.. appends.Select(append => append.NewSince is not { } from
            ? append.Entries
            : [.. append.Entries.Where(entry => !standing.Skip((int)(from - since)).Contains(entry) && added.Add(entry))])];
    }

    private LedgerFencedException Fenced(long held, LedgerHead<T> head) => new(_storage.Key, held, head.Fence, head.Deleted);

    private static int Bytes(IReadOnlyList<T> entries) => JsonSerializer.SerializeToUtf8Bytes(entries, Json.Options).Length;

    private static string NewToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
}
