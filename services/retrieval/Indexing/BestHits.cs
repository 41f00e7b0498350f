namespace Agents.Retrieval.Indexing;

/// <summary>Keeps the best passages seen, in a heap with the worst of them on top.</summary>
internal sealed class BestHits(int limit)
{
    private readonly (float Score, Hit Hit)[] _heap = new (float, Hit)[limit];
    private int _count;

    /// <summary>The score that a passage must reach; below any score until there are enough.</summary>
    public float Threshold => _count < limit ? float.MinValue : _heap[0].Score;

    public void Add(float score, Hit hit)
    {
        if (_count < limit)
        {
            _heap[_count] = (score, hit);
            Up(_count++);
        }
        else if (IsWorse(_heap[0], (score, hit)))
        {
            _heap[0] = (score, hit);
            Down();
        }
    }

    /// <summary>What was kept, best first.</summary>
    public IReadOnlyList<(float Score, Hit Hit)> ToList()
    {
        var sorted = _heap[.._count];
        Array.Sort(sorted, static (one, other) => IsWorse(one, other) ? 1 : IsWorse(other, one) ? -1 : 0);
        return sorted;
    }

    private static bool IsWorse((float Score, Hit Hit) one, (float Score, Hit Hit) other) =>
        one.Score < other.Score || (one.Score == other.Score && Hit.Compare(one.Hit, other.Hit) > 0);

    private void Up(int at)
    {
        for (var parent = (at - 1) / 2; at > 0 && IsWorse(_heap[at], _heap[parent]); parent = (at - 1) / 2)
        {
            (_heap[at], _heap[parent]) = (_heap[parent], _heap[at]);
            at = parent;
        }
    }

    private void Down()
    {
        for (var at = 0; ;)
        {
            var child = 2 * at + 1;
            if (child >= _count)
                return;
            if (child + 1 < _count && IsWorse(_heap[child + 1], _heap[child]))
                child++;
            if (!IsWorse(_heap[child], _heap[at]))
                return;
            (_heap[at], _heap[child]) = (_heap[child], _heap[at]);
            at = child;
        }
    }
}
