using Agents.Defaults.Ledgers;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Documents;

namespace Agents.Retrieval.Indexing;

/// <summary>
/// This replica's copy of what a collection knows: the fold of its facts, and, once somebody searches, the index over their segments.
/// Both follow the ledger from where they stand.
/// </summary>
internal sealed partial class CollectionIndex(CollectionKey collection, Ledger<Fact> ledger, UploadStore uploads, TimeProvider time, ILogger logger)
    : IDisposable
{
    /// <summary>
    /// How old the state may be that a search sees. Zero costs one small read a search, and makes "ready" mean what it says: whoever was
    /// told so finds the document, on every replica.
    /// </summary>
    public static readonly TimeSpan Fresh = TimeSpan.Zero;

    private const int FactsAtOnce = 2_048;
    private const int BytesPerFact = 250;
    private const int BytesAtLeast = 4 * 1024;

    private readonly SemaphoreSlim _following = new(1, 1);
    private readonly FactFold _fold = new();
    private readonly HashSet<string> _toLoad = new(StringComparer.Ordinal);
    private long _checked;

    public CollectionKey Collection => collection;

    public LexicalIndex Lexical { get; } = new(collection.Id);

    /// <summary>What the collection knew when it was last followed.</summary>
    public long Version { get; private set; }

    /// <summary>About how much memory this takes, in bytes.</summary>
    public long Bytes => BytesAtLeast + Lexical.Bytes + _fold.Documents * (long)BytesPerFact;

    /// <summary>Brings the index to a state of the ledger that is at most <see cref="Fresh"/> old.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (IsFresh())
            return;
        await AloneAsync(
            async () =>
            {
                if (IsFresh())
                    return;
                var now = time.GetTimestamp();
                await FollowAsync(cancellationToken);
                await LoadAsync(cancellationToken);
                Volatile.Write(ref _checked, now);
            },
            cancellationToken);
    }

    /// <summary>Reads the ledger to its end and looks at the fold, without loading segments.</summary>
    public async Task<T> FoldAsync<T>(Func<FactFold, T> look, CancellationToken cancellationToken)
    {
        T seen = default!;
        await AloneAsync(
            async () =>
            {
                await FollowAsync(cancellationToken);
                seen = look(_fold);
            },
            cancellationToken);
        return seen;
    }

    /// <summary>Adds a fact unless it, or a newer one about the document, is known; this replica's next search sees it.</summary>
    public async Task RecordAsync(Fact fact, CancellationToken cancellationToken)
    {
        if (await FoldAsync(fold => fold.Find(fact.Document) is { } known && known.Fact.Revision >= fact.Revision, cancellationToken))
            return;
        try
        {
            await ledger.AppendAsync([fact], cancellationToken);
        }
        catch (LedgerFencedException exception) when (exception.Deleted)
        {
            // The collection is gone with all its facts; nobody looks for this one.
            return;
        }
        await AloneAsync(
            () =>
            {
                Volatile.Write(ref _checked, 0);
                return Task.CompletedTask;
            },
            cancellationToken);
    }

    /// <summary>Deletes the facts, with the collection.</summary>
    public Task DeleteAsync(CancellationToken cancellationToken) => ledger.DeleteAsync(cancellationToken);

    public void Dispose() => _following.Dispose();

    private async Task AloneAsync(Func<Task> action, CancellationToken cancellationToken)
    {
        await _following.WaitAsync(cancellationToken);
        try
        {
            await action();
        }
        finally
        {
            _following.Release();
        }
    }

    private bool IsFresh() => Volatile.Read(ref _checked) is var at and not 0 && time.GetElapsedTime(at) < Fresh;

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var slice = await ledger.ReadAsync(_fold.Version, FactsAtOnce, cancellationToken);
            foreach (var fact in slice.Entries)
            {
                if (_fold.Apply(fact))
                    _toLoad.Add(fact.Document);
            }
            Version = _fold.Version;
            if (_fold.Version >= slice.End)
                return;
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (_toLoad.Count == 0)
            return;
        var ready = new List<Fact>();
        foreach (var document in _toLoad)
        {
            if (_fold.Find(document) is { Fact: { Kind: FactKind.Ready } fact })
                ready.Add(fact);
            else
                Lexical.Remove(document);
        }
        var missing = ready.Select(fact => fact.Document).ToHashSet(StringComparer.Ordinal);
        await foreach (var segment in uploads.ReadSegmentsAsync(collection, ready, cancellationToken))
        {
            Lexical.Put(segment);
            missing.Remove(segment.Document);
        }
        // A segment goes only after a newer fact about its document was recorded, which the next look at the ledger brings.
        foreach (var document in missing)
        {
            Lexical.Remove(document);
            SegmentMissing(logger, collection.Id, document);
        }
        _toLoad.Clear();
    }

    [LoggerMessage(LogLevel.Information, "Collection {Collection}: the segment of {Document} was removed while it was being loaded")]
    private static partial void SegmentMissing(ILogger logger, string collection, string document);
}
