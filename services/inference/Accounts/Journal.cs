using System.Collections.Concurrent;

namespace Agents.Inference.Accounts;

/// <summary>
/// This replica's own journal. Calls that ended are gathered for at most 50 ms and then written, counted and published together; a
/// journal that somebody closed is given up, with all that was not yet counted in it.
/// </summary>
internal sealed class Journal(JournalStore store, JournalId id)
{
    // A page stays far below the 256 KB that every store takes.
    private const int MaxEntries = 200;

    // Pages in memory that wait for a broker that is away. Then nothing more is counted, until calls are refused.
    private const int MaxUnpublished = 100;

    /// <summary>Calls that may wait for a store that is away. Then no more are taken.</summary>
    public const int MaxWaiting = 50_000;

    private readonly Lock _gate = new();
    private readonly Queue<JournalEntry> _waiting = new();
    private readonly ConcurrentQueue<(long Page, IReadOnlyList<JournalEntry> Entries)> _unpublished = new();
    private IReadOnlyList<JournalEntry>? _page;
    private long _number;
    private JournalHead _head = JournalHead.Empty;
    private long _published;
    private long _deleted;
    private string? _etag;

    public JournalId Id { get; } = id;

    /// <summary>How many pages count.</summary>
    public long Pages => _head.Pages;

    /// <summary>Somebody has taken this replica for dead: nothing can be added, and its leases are gone.</summary>
    public bool Fenced { get; private set; }

    public bool IsFull => Count > MaxWaiting;

    /// <summary>Nothing waits, neither for the store nor for the broker.</summary>
    public bool IsIdle => !HasMore && _unpublished.IsEmpty;

    private int Count
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    public bool HasMore => Count > 0 || _page is not null;

    public void Add(JournalEntry entry)
    {
        lock (_gate)
            _waiting.Enqueue(entry);
    }

    /// <summary>Makes the journal known. Must succeed before it holds anything.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await store.EnrolAsync(Id, cancellationToken);
        await RefreshAsync(cancellationToken);
        if (_etag is null && !Fenced)
        {
            await store.TryWriteHeadAsync(Id, _head, null, cancellationToken);
            await RefreshAsync(cancellationToken);
        }
    }

    /// <summary>Writes one page of what waits, if anything does.</summary>
    /// <returns>The charges of the page, once it counts; null when there was nothing, or the journal is fenced.</returns>
    /// <exception cref="Dapr.DaprException">The store does not answer; the page is kept and tried again.</exception>
    public async Task<IReadOnlyList<Charge>?> CommitAsync(CancellationToken cancellationToken)
    {
        if (_unpublished.Count >= MaxUnpublished)
            return null;
        if (_page is null)
            (_page, _number) = (Take(), _head.Pages);
        if (_page is null || Fenced)
            return null;
        if (_head.Pages == _number)
        {
            // The same entries under the same key, however often it takes: a late write of an earlier attempt does no harm.
            await store.WritePageAsync(Id, _number, _page, cancellationToken);
            await store.TryWriteHeadAsync(Id, new JournalHead(_number + 1, _published, _head.First, false), _etag, cancellationToken);
            // Whatever the answer was: this attempt or an earlier one came through, or the journal is closed.
            await RefreshAsync(cancellationToken);
        }
        return _head.Pages > _number ? Counted(_number) : null;
    }

    /// <summary>Entries that charge nothing: a new journal takes them over from one that is closed.</summary>
    public IEnumerable<JournalEntry> Uncharged()
    {
        lock (_gate)
            return [.. (_page ?? []).Concat(_waiting).Where(entry => entry.Charges.Count == 0)];
    }

    /// <summary>Another replica has ended the journal.</summary>
    public void Fence() => Fenced = true;

    /// <summary>Brings what counts to the broker.</summary>
    public async Task PublishAsync(CancellationToken cancellationToken)
    {
        while (_unpublished.TryPeek(out var next))
        {
            await store.PublishAsync(next.Entries, cancellationToken);
            _unpublished.TryDequeue(out _);
            _published = next.Page + 1;
        }
    }

    /// <summary>Removes pages that nobody needs any more.</summary>
    /// <param name="settled">Pages below this one are settled in every account.</param>
    public async Task TidyAsync(long settled, CancellationToken cancellationToken)
    {
        var first = Math.Min(_published, settled);
        if (first > _head.First && !Fenced)
        {
            // Says so first: a reader must never miss a page that the head promises.
            await store.TryWriteHeadAsync(Id, _head with { Published = _published, First = first }, _etag, cancellationToken);
            await RefreshAsync(cancellationToken);
        }
        for (; _deleted < _head.First && !Fenced; _deleted++)
            await store.DeletePageAsync(Id, _deleted, cancellationToken);
    }

    private List<Charge> Counted(long page)
    {
        var entries = _page!;
        _page = null;
        _unpublished.Enqueue((page, entries));
        return [.. entries.SelectMany(entry => entry.Charges.Select(charge => new Charge(page, entry.Tenant, charge.Meter, charge.Amount)))];
    }

    private List<JournalEntry>? Take()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
                return null;
            var page = new List<JournalEntry>(Math.Min(_waiting.Count, MaxEntries));
            while (page.Count < MaxEntries && _waiting.TryDequeue(out var entry))
                page.Add(entry);
            return page;
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (await store.HeadAsync(Id, cancellationToken) is not { } found)
            return;
        (_head, _etag) = (found.Value, found.ETag);
        Fenced |= found.Value.Closed;
    }
}
