using System.Collections.Concurrent;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Segments;

namespace Agents.Retrieval.Indexing;

/// <summary>A segment whose pages are gone: it was retired long ago, and the manifest names others.</summary>
internal sealed class SegmentGoneException(string segment) : Exception($"Segment {segment} was retired and removed.");

/// <summary>A segment on this replica. The table of entries is there; the rest is read when it is first needed.</summary>
internal sealed class LoadedSegment
{
    private const int BytesPerEntry = 400;
    private const int BytesPerPosting = 6;

    private readonly CollectionKey _collection;
    private readonly SegmentStore _store;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<int, Task<Detail[]>> _pages = new();
    private readonly ConcurrentDictionary<int, TermBounds> _bounds = new();
    private Task<HotPart>? _loading;
    private HotPart? _hot;
    private int[] _firstOfPage = [];
    private long _detailBytes;

    public LoadedSegment(CollectionKey collection, SegmentInfo info, IReadOnlyList<Entry> entries, SegmentStore store)
    {
        (_collection, Info, Entries, _store) = (collection, info, entries, store);
        HoldsRemovals = entries.Any(entry => entry.Kind == EntryKind.Removed);
        EntryOf = new int[info.Chunks];
        FirstChunk = new int[entries.Count];
        var chunk = 0;
        for (var entry = 0; entry < entries.Count; entry++)
        {
            FirstChunk[entry] = chunk;
            EntryOf.AsSpan(chunk, entries[entry].Chunks).Fill(entry);
            chunk += entries[entry].Chunks;
        }
    }

    /// <summary>A segment that is in memory already.</summary>
    public LoadedSegment(CollectionKey collection, SegmentInfo info, SegmentData data, SegmentStore store)
        : this(collection, info, data.Entries, store)
    {
        _hot = new HotPart([info.Chunks], data.Lengths, data.Terms, data.Vectors);
        _firstOfPage = [0];
        _pages[0] = Task.FromResult(data.Details.ToArray());
    }

    public SegmentInfo Info { get; }

    public CollectionKey Collection => _collection;

    public IReadOnlyList<Entry> Entries { get; }

    public bool HoldsRemovals { get; }

    /// <summary>The entry of each passage.</summary>
    public int[] EntryOf { get; }

    /// <summary>The first passage of each entry.</summary>
    public int[] FirstChunk { get; }

    /// <summary>What searches read; only after <see cref="LoadAsync"/>.</summary>
    public HotPart Hot => _hot ?? throw new InvalidOperationException("The segment is not loaded.");

    /// <summary>About how much memory it takes.</summary>
    public long Bytes => Entries.Count * (long)BytesPerEntry + 4L * EntryOf.Length + Volatile.Read(ref _detailBytes)
        + (_hot is { } hot ? 2L * hot.Lengths.Length + hot.Terms.Text.Length + 8L * hot.Terms.Count + hot.Terms.Chunks.Length * (long)BytesPerPosting + hot.Vectors.Codes.Length + 12L * hot.Vectors.Count : 0);

    /// <summary>Reads what searches need, once.</summary>
    /// <exception cref="SegmentGoneException">The manifest names it no more.</exception>
    public Task LoadAsync()
    {
        if (_hot is not null)
            return Task.CompletedTask;
        lock (_gate)
        {
            // A load that failed is tried again by whoever comes next. Others share this one, so nobody cancels it.
            if (_loading is null or { IsFaulted: true } or { IsCanceled: true })
                _loading = LoadOnceAsync();
            return _loading;
        }
    }

    /// <summary>Text and remainder of a passage.</summary>
    /// <inheritdoc cref="LoadAsync" path="/exception"/>
    public async Task<Detail> DetailAsync(int chunk)
    {
        var page = Array.BinarySearch(_firstOfPage, chunk) is var at && at >= 0 ? at : ~at - 1;
        var loading = _pages.GetOrAdd(page, LoadPageAsync);
        try
        {
            return (await loading)[chunk - _firstOfPage[page]];
        }
        catch
        {
            _pages.TryRemove(new(page, loading));
            throw;
        }
    }

    /// <summary>The limits of what a term can add to a score, by window of passages.</summary>
    public TermBounds BoundsOf(int term) => _bounds.GetOrAdd(term, static (term, segment) => TermBounds.Of(segment.Hot, term), this);

    /// <summary>Everything, to be merged with others.</summary>
    /// <inheritdoc cref="LoadAsync" path="/exception"/>
    public async Task<SegmentData> ReadAllAsync(CancellationToken cancellationToken)
    {
        await LoadAsync();
        var details = new List<Detail>(Info.Chunks);
        for (var page = 0; page < Info.DetailPages; page++)
            details.AddRange(_pages.TryGetValue(page, out var loaded) ? await loaded : await ReadPageAsync(page, cancellationToken));
        return new SegmentData(Entries, Hot.Lengths, Hot.Terms, Hot.Vectors, details, Info.Model);
    }

    private async Task<HotPart> LoadOnceAsync()
    {
        var hot = Info.HotPages == 0
            ? new HotPart([], [], TermTable.Empty, Vectors.VectorBlock.Empty)
            : await _store.ReadHotAsync(_collection, Info, CancellationToken.None) ?? throw new SegmentGoneException(Info.Id);
        _firstOfPage = new int[hot.ChunksPerPage.Length];
        for (var page = 1; page < _firstOfPage.Length; page++)
            _firstOfPage[page] = _firstOfPage[page - 1] + hot.ChunksPerPage[page - 1];
        Volatile.Write(ref _hot, hot);
        return hot;
    }

    private async Task<Detail[]> LoadPageAsync(int page)
    {
        var details = await ReadPageAsync(page, CancellationToken.None);
        Interlocked.Add(ref _detailBytes, details.Sum(detail => detail.Text.Length + detail.Remainder.Length + 100));
        return details;
    }

    private async Task<Detail[]> ReadPageAsync(int page, CancellationToken cancellationToken) =>
        await _store.ReadDetailsAsync(_collection, Info, page, cancellationToken) ?? throw new SegmentGoneException(Info.Id);
}
