using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Agents.Retrieval.Lexical;

namespace Agents.Retrieval.Indexing;

/// <summary>An inverted index in memory over the passages of one collection. Thread-safe.</summary>
internal sealed class LexicalIndex(string collection)
{
    // Passages of removed documents stay in the posting lists until there are more of them than of live ones.
    private const int MinDead = 1_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, IndexedDocument> _documents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Postings> _postings = new(StringComparer.Ordinal);
    private readonly List<IndexedChunk?> _chunks = [];
    private int _live;
    private long _totalLength;
    private long _bytes;

    /// <summary>About how much memory the index takes, in bytes.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Adds a document, in place of an earlier revision of it.</summary>
    public void Put(Segment segment)
    {
        lock (_gate)
        {
            RemoveDocument(segment.Document);
            var document = new IndexedDocument(collection, segment.Document, segment.Revision, segment.Header);
            foreach (var chunk in segment.Chunks)
                document.Chunks.Add(new IndexedChunk(document, chunk.Ordinal, Encoding.UTF8.GetBytes(chunk.Text), Share(chunk.Terms)));
            _documents.Add(document.Id, document);
            Insert(document);
        }
    }

    /// <summary>Removes a document; does nothing when it is not there.</summary>
    public void Remove(string document)
    {
        lock (_gate)
            RemoveDocument(document);
    }

    /// <summary>The revision of a document that is indexed, null when none is.</summary>
    public int? RevisionOf(string document)
    {
        lock (_gate)
            return _documents.GetValueOrDefault(document)?.Revision;
    }

    public CorpusStatistics Describe(IReadOnlyList<string> terms)
    {
        lock (_gate)
            return new CorpusStatistics(_live, _totalLength, [.. terms.Select(term => (long)(_postings.GetValueOrDefault(term)?.Live ?? 0))]);
    }

    /// <summary>Scores every passage that contains a term and offers those of admitted documents to <paramref name="best"/>.</summary>
    /// <param name="terms">Distinct terms with their weights.</param>
    public void Search(IReadOnlyList<(string Term, double Weight)> terms, double averageLength, Func<SegmentHeader, bool> admit, BestPassages best)
    {
        lock (_gate)
        {
            var scores = ArrayPool<double>.Shared.Rent(_chunks.Count);
            var touched = new List<int>();
            try
            {
                scores.AsSpan(0, _chunks.Count).Clear();
                foreach (var (term, weight) in terms)
                    Accumulate(term, weight, averageLength, scores, touched);
                foreach (var number in touched)
                {
                    if (_chunks[number] is { } chunk && best.Accepts(scores[number], chunk) && admit(chunk.Document.Header))
                        best.Add(scores[number], chunk);
                }
            }
            finally
            {
                ArrayPool<double>.Shared.Return(scores);
            }
        }
    }

    private void Accumulate(string term, double weight, double averageLength, double[] scores, List<int> touched)
    {
        if (!_postings.TryGetValue(term, out var postings))
            return;
        foreach (var (number, occurrences) in CollectionsMarshal.AsSpan(postings.Entries))
        {
            if (_chunks[number] is not { } chunk)
                continue;
            if (scores[number] == 0)
                touched.Add(number);
            scores[number] += Bm25.Score(weight, occurrences, chunk.Length, averageLength);
        }
    }

    private void Insert(IndexedDocument document)
    {
        foreach (var chunk in document.Chunks)
        {
            chunk.Number = _chunks.Count;
            _chunks.Add(chunk);
            _live++;
            _totalLength += chunk.Length;
            _bytes += chunk.Bytes;
            foreach (var (postings, occurrences) in chunk.Terms)
            {
                postings.Entries.Add((chunk.Number, occurrences));
                postings.Live++;
            }
        }
    }

    private void RemoveDocument(string id)
    {
        if (!_documents.Remove(id, out var document))
            return;
        foreach (var chunk in document.Chunks)
        {
            _chunks[chunk.Number] = null;
            _live--;
            _totalLength -= chunk.Length;
            _bytes -= chunk.Bytes;
            foreach (var (postings, _) in chunk.Terms)
                postings.Live--;
        }
        if (_chunks.Count - _live > Math.Max(MinDead, _live))
            Compact();
    }

    private void Compact()
    {
        _chunks.Clear();
        foreach (var (term, postings) in _postings)
        {
            postings.Entries.Clear();
            postings.Entries.TrimExcess();
            if (postings.Live == 0)
                _postings.Remove(term);
            postings.Live = 0;
        }
        (_live, _totalLength, _bytes) = (0, 0, 0);
        foreach (var document in _documents.Values)
            Insert(document);
    }

    private (Postings, int)[] Share(IReadOnlyDictionary<string, int> terms)
    {
        var shared = new (Postings, int)[terms.Count];
        var i = 0;
        foreach (var (term, occurrences) in terms)
        {
            if (!_postings.TryGetValue(term, out var postings))
                _postings.Add(term, postings = new Postings());
            shared[i++] = (postings, occurrences);
        }
        return shared;
    }
}

/// <summary>The passages that contain a term. <see cref="Live"/> leaves out those of removed documents.</summary>
internal sealed class Postings
{
    public List<(int Chunk, int Occurrences)> Entries { get; } = [];

    public int Live { get; set; }
}

internal sealed record IndexedDocument(string Collection, string Id, int Revision, SegmentHeader Header)
{
    public List<IndexedChunk> Chunks { get; } = [];
}

/// <summary>A passage in memory; its text is kept as UTF-8, half the size.</summary>
internal sealed class IndexedChunk(IndexedDocument document, int ordinal, byte[] text, (Postings Postings, int Occurrences)[] terms)
{
    // An entry here, its twin in the posting list, and what the objects around them weigh.
    private const int BytesPerTerm = 16 + 8;
    private const int BytesPerChunk = 150;

    public IndexedDocument Document => document;

    public int Ordinal => ordinal;

    public (Postings Postings, int Occurrences)[] Terms => terms;

    public int Length { get; } = terms.Sum(term => term.Occurrences);

    public int Number { get; set; }

    public long Bytes => text.Length + terms.Length * BytesPerTerm + BytesPerChunk;

    public string ReadText() => Encoding.UTF8.GetString(text);
}
