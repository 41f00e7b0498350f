using Agents.Retrieval.Collections;
using Agents.Retrieval.Indexing;
using Agents.Retrieval.Ingestion;
using Agents.Retrieval.Lexical;
using Agents.Retrieval.Search;
using Agents.Retrieval.Segments;

namespace Agents.Retrieval.Tests.Indexing;

/// <summary>An index of segments in memory, without a store.</summary>
internal sealed class TestIndex
{
    public const string Model = "test-model";

    private static readonly CollectionKey Key = new("tenant", "coll");

    private readonly List<LoadedSegment> _segments = [];

    public DocumentMap Documents { get; private set; } = new();

    public IReadOnlyList<SegmentView> Views => [.. _segments.Select(Documents.View)];

    public Snapshot Snapshot => new(new Manifest(0, [.. _segments.Select(segment => segment.Info)], []), Views);

    public static PreparedDocument Document(string id, int revision, string title, string text, float[]? vector = null, params string[] principals)
    {
        var chunks = Preparation.Chunks(title, "text/plain", text, "en").Select(chunk => chunk with { Vector = vector }).ToList();
        return Preparation.Document(id, revision, Header(title, principals), text.Length, chunks, DateTimeOffset.UnixEpoch);
    }

    /// <summary>Passages whose terms are the words of their texts as they are.</summary>
    public static PreparedDocument Raw(string id, int revision, IEnumerable<string> texts, params string[] principals) => Preparation.Document(
        id, revision, Header("title", principals), 0,
        [.. texts.Select(text => new PreparedChunk(text, Tokenizer.Count(text.Split(' ')), null))], DateTimeOffset.UnixEpoch);

    public void Commit(params PreparedDocument[] documents) => Take(SegmentBuilder.Build(documents, Model), new HashSet<LoadedSegment>());

    public void Remove(string document, int revision) => Commit(new PreparedDocument(Entry.Removed(document, revision, 0), []));

    /// <summary>Merges as the upkeep would; false when the index is in order.</summary>
    public async Task<bool> MergeAsync(bool purge, CancellationToken cancellationToken)
    {
        var chosen = MergePolicy.Choose(Snapshot, purge);
        if (chosen.Count == 0)
            return false;
        var parts = new List<SegmentData>();
        foreach (var view in chosen)
            parts.Add(await view.Segment.ReadAllAsync(cancellationToken));
        Take(SegmentBuilder.Merge(parts, MergePolicy.Kept(Snapshot, chosen)), chosen.Select(view => view.Segment).ToHashSet());
        return true;
    }

    /// <summary>Forgets which entries were replaced and finds out anew, as a replica does that has just started.</summary>
    public void Reload()
    {
        Documents = new DocumentMap();
        Documents.Apply(_segments, new HashSet<LoadedSegment>());
    }

    public async Task<SearchOutcome> SearchAsync(
        string text, SearchMode mode = SearchMode.Lexical, int limit = 10, float[]? vector = null, string[]? principals = null, string language = Languages.None) =>
        await new Retrieval.Search.Search(
            new SearchQuery(text, limit, mode, principals?.ToHashSet(), new Dictionary<string, string>()), language, Views,
            vector is null ? null : new QueryVector(Model, vector)).RunAsync("1");

    private void Take(SegmentData data, HashSet<LoadedSegment> removed)
    {
        var info = new SegmentInfo($"seg{_segments.Count}", data.Entries.Count, data.Details.Count, data.Vectors.Count, data.Model, 1, 1, 1);
        var table = SegmentFormat.ReadTable(SegmentFormat.WriteTable(data.Entries));
        var hot = SegmentFormat.ReadHot(SegmentFormat.WriteHot(data, [data.Details.Count]));
        var details = SegmentFormat.ReadDetails(SegmentFormat.WriteDetails(data.Details));
        var segment = new LoadedSegment(Key, info, new SegmentData(table, hot.Lengths, hot.Terms, hot.Vectors, details, data.Model), null!);
        Documents.Apply([segment], removed);
        _segments.RemoveAll(removed.Contains);
        _segments.Add(segment);
    }

    private static EntryHeader Header(string title, string[] principals) => new(title, new Dictionary<string, string>(), principals);
}
