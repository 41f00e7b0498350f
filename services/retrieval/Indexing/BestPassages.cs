namespace Agents.Retrieval.Indexing;

/// <summary>Keeps the best passages seen. Equal scores are ordered by document id and place, so that every replica answers alike.</summary>
internal sealed class BestPassages(int limit)
{
    private readonly PriorityQueue<IndexedChunk, (double Score, IndexedChunk Chunk)> _worstFirst =
        new(Comparer<(double Score, IndexedChunk Chunk)>.Create(static (one, other) => -Compare(one, other)));

    /// <summary>Whether a passage would be kept.</summary>
    public bool Accepts(double score, IndexedChunk chunk) => _worstFirst.Count < limit
        || (_worstFirst.TryPeek(out _, out var worst) && Compare((score, chunk), worst) < 0);

    public void Add(double score, IndexedChunk chunk)
    {
        if (_worstFirst.Count < limit)
            _worstFirst.Enqueue(chunk, (score, chunk));
        else
            _worstFirst.EnqueueDequeue(chunk, (score, chunk));
    }

    /// <summary>What was kept, best first.</summary>
    public IReadOnlyList<(double Score, IndexedChunk Chunk)> ToList() =>
        [.. _worstFirst.UnorderedItems.Select(item => item.Priority).Order(Comparer<(double Score, IndexedChunk Chunk)>.Create(Compare))];

    // Negative when the first one is better.
    private static int Compare((double Score, IndexedChunk Chunk) one, (double Score, IndexedChunk Chunk) other)
    {
        var byScore = other.Score.CompareTo(one.Score);
        if (byScore != 0)
            return byScore;
        var byDocument = string.CompareOrdinal(one.Chunk.Document.Id, other.Chunk.Document.Id);
        return byDocument != 0 ? byDocument : one.Chunk.Ordinal.CompareTo(other.Chunk.Ordinal);
    }
}
