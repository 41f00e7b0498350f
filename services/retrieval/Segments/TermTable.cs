using System.Text;

namespace Agents.Retrieval.Segments;

/// <summary>The terms of a segment in order of their UTF-8 bytes, each with the passages that contain it. Flat arrays, for speed and size.</summary>
/// <param name="Text">The terms, one after the other.</param>
/// <param name="TextEnd">Where each term ends in <paramref name="Text"/>.</param>
/// <param name="End">Where each term's postings end.</param>
/// <param name="Chunks">Passages, ascending for each term.</param>
/// <param name="Occurrences">How often the term occurs there.</param>
internal sealed record TermTable(byte[] Text, int[] TextEnd, int[] End, int[] Chunks, ushort[] Occurrences)
{
    public static TermTable Empty { get; } = new([], [], [], [], []);

    public int Count => End.Length;

    public ReadOnlySpan<byte> Term(int term) => Text.AsSpan((term == 0 ? 0 : TextEnd[term - 1])..TextEnd[term]);

    public int Start(int term) => term == 0 ? 0 : End[term - 1];

    /// <summary>The number of a term, or -1.</summary>
    public int Find(string term)
    {
        Span<byte> utf8 = stackalloc byte[Encoding.UTF8.GetMaxByteCount(term.Length)];
        utf8 = utf8[..Encoding.UTF8.GetBytes(term, utf8)];
        int low = 0, high = Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = Term(middle).SequenceCompareTo(utf8);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return -1;
    }

    /// <summary>The table of passages whose terms are given, in order.</summary>
    public static TermTable Build(IEnumerable<IReadOnlyDictionary<string, int>> passages)
    {
        var lists = new Dictionary<string, List<(int Chunk, ushort Occurrences)>>(StringComparer.Ordinal);
        var number = 0;
        foreach (var passage in passages)
        {
            foreach (var (term, occurrences) in passage)
            {
                if (!lists.TryGetValue(term, out var list))
                    lists.Add(term, list = []);
                list.Add((number, (ushort)Math.Min(occurrences, ushort.MaxValue)));
            }
            number++;
        }
        var builder = new TermTableBuilder();
        foreach (var (term, list) in lists.Select(pair => (Encoding.UTF8.GetBytes(pair.Key), pair.Value)).OrderBy(pair => pair.Item1, ByteOrder.Instance))
        {
            foreach (var (chunk, occurrences) in list)
                builder.Add(chunk, occurrences);
            builder.EndTerm(term);
        }
        return builder.Build();
    }

    /// <summary>
    /// One table out of several: <paramref name="renumber"/> gives each part's passages their new numbers, ascending over the parts, or -1
    /// for those that are left out.
    /// </summary>
    public static TermTable Merge(IReadOnlyList<TermTable> parts, IReadOnlyList<int[]> renumber)
    {
        var builder = new TermTableBuilder();
        var at = new int[parts.Count];
        while (true)
        {
            var first = -1;
            for (var part = 0; part < parts.Count; part++)
            {
                if (at[part] < parts[part].Count && (first < 0 || parts[part].Term(at[part]).SequenceCompareTo(parts[first].Term(at[first])) < 0))
                    first = part;
            }
            if (first < 0)
                return builder.Build();
            var next = parts[first].Term(at[first]);
            for (var part = 0; part < parts.Count; part++)
            {
                var table = parts[part];
                if (at[part] == table.Count || !table.Term(at[part]).SequenceEqual(next))
                    continue;
                for (var i = table.Start(at[part]); i < table.End[at[part]]; i++)
                {
                    if (renumber[part][table.Chunks[i]] is var chunk and >= 0)
                        builder.Add(chunk, table.Occurrences[i]);
                }
                at[part]++;
            }
            builder.EndTerm(next);
        }
    }

    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static ByteOrder Instance { get; } = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}

/// <summary>Takes postings and terms in order.</summary>
internal sealed class TermTableBuilder
{
    private readonly List<byte> _text = [];
    private readonly List<int> _textEnd = [];
    private readonly List<int> _end = [];
    private readonly List<int> _chunks = [];
    private readonly List<ushort> _occurrences = [];

    public void Add(int chunk, ushort occurrences)
    {
        _chunks.Add(chunk);
        _occurrences.Add(occurrences);
    }

    /// <summary>The postings added since the last term belong to this one; a term without any is left out.</summary>
    public void EndTerm(ReadOnlySpan<byte> term)
    {
        if (_chunks.Count == (_end.Count == 0 ? 0 : _end[^1]))
            return;
        _text.AddRange(term);
        _textEnd.Add(_text.Count);
        _end.Add(_chunks.Count);
    }

    public TermTable Build() => new([.. _text], [.. _textEnd], [.. _end], [.. _chunks], [.. _occurrences]);
}
