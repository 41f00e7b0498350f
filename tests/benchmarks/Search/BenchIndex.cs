using Agents.Retrieval.Collections;
using Agents.Retrieval.Indexing;
using Agents.Retrieval.Ingestion;
using Agents.Retrieval.Lexical;
using Agents.Retrieval.Search;
using Agents.Retrieval.Segments;

namespace Agents.Benchmarks.Search;

/// <summary>An index of one segment in memory.</summary>
internal sealed class BenchIndex
{
    public const string Model = "bench";

    private static readonly Dictionary<string, string> NoFilter = [];

    public BenchIndex(IReadOnlyList<PreparedDocument> documents)
    {
        Data = SegmentBuilder.Build(documents, Model);
        var info = new SegmentInfo("seg", Data.Entries.Count, Data.Details.Count, Data.Vectors.Count, Data.Model, 1, 1, 1);
        var segment = new LoadedSegment(new CollectionKey("bench", "bench"), info, Data, null!);
        var map = new DocumentMap();
        map.Apply([segment], new HashSet<LoadedSegment>());
        Views = [map.View(segment)];
    }

    public SegmentData Data { get; }

    public IReadOnlyList<SegmentView> Views { get; }

    public long Bytes => Views.Sum(view => view.Segment.Bytes);

    public static PreparedDocument Prepare(string id, string title, string text, Func<string, float[]?> embed)
    {
        var header = new EntryHeader(title, NoFilter, []);
        var chunks = Preparation.Chunks(title, "text/plain", text, Languages.Default).Select(chunk => chunk with { Vector = embed($"{title}\n{chunk.Text}") }).ToList();
        return Preparation.Document(id, 1, header, text.Length, chunks, DateTimeOffset.UnixEpoch);
    }

    public Task<SearchOutcome> SearchAsync(string query, SearchMode mode, int limit, float[]? vector) => new Retrieval.Search.Search(
        new SearchQuery(query, limit, mode, null, NoFilter), Languages.Default, Views, vector is null ? null : new QueryVector(Model, vector)).RunAsync("1");

    /// <summary>Documents in the order of their best passages, of which there are 50.</summary>
    public async Task<IReadOnlyList<string>> DocumentsAsync(string query, SearchMode mode, float[]? vector) =>
        [.. (await SearchAsync(query, mode, 50, vector)).Passages.Select(found => found.Hit.Entry.Document).Distinct()];
}
