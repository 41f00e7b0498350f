using Agents.Retrieval.Segments;

namespace Agents.Retrieval.Indexing;

/// <summary>Where the newest entry of each document is. Duplicates and latecomers, which redelivery and paused processes produce, change nothing. Not thread-safe.</summary>
internal sealed class DocumentMap
{
    private readonly Dictionary<string, (LoadedSegment Segment, int Entry)> _newest = new(StringComparer.Ordinal);
    private readonly Dictionary<LoadedSegment, Liveness> _live = [];

    public int Ready { get; private set; }

    public int Failed { get; private set; }

    /// <summary>Bytes of text that can be found.</summary>
    public long Bytes { get; private set; }

    /// <summary>The newest entry about a document; null when there is none.</summary>
    public Entry? Find(string document) => _newest.TryGetValue(document, out var at) ? at.Segment.Entries[at.Entry] : null;

    /// <summary>Takes the segments of a newer manifest in, and those it names no more out.</summary>
    public void Apply(IReadOnlyCollection<LoadedSegment> added, IReadOnlySet<LoadedSegment> removed)
    {
        foreach (var segment in added)
        {
            _live.Add(segment, new Liveness(segment));
            for (var entry = 0; entry < segment.Entries.Count; entry++)
                Add(segment, entry, removed);
        }
        foreach (var segment in removed)
        {
            for (var entry = 0; entry < segment.Entries.Count; entry++)
            {
                var document = segment.Entries[entry].Document;
                if (!_newest.TryGetValue(document, out var at) || at.Segment != segment || at.Entry != entry)
                    continue;
                Count(segment.Entries[entry], -1);
                _newest.Remove(document);
            }
            _live.Remove(segment);
        }
    }

    public SegmentView View(LoadedSegment segment) => _live[segment].View();

    private void Add(LoadedSegment segment, int entry, IReadOnlySet<LoadedSegment> removed)
    {
        var added = segment.Entries[entry];
        if (_newest.TryGetValue(added.Document, out var known))
        {
            var before = known.Segment.Entries[known.Entry];
            // A merged segment repeats the entries of those it replaces.
            if (before.Revision > added.Revision || (before.Revision == added.Revision && !removed.Contains(known.Segment)))
            {
                _live[segment].Kill(entry);
                return;
            }
            Count(before, -1);
            _live[known.Segment].Kill(known.Entry);
        }
        Count(added, 1);
        _newest[added.Document] = (segment, entry);
    }

    private void Count(Entry entry, int sign)
    {
        Ready += entry.Kind == EntryKind.Ready ? sign : 0;
        Failed += entry.Kind == EntryKind.Failed ? sign : 0;
        Bytes += sign * (long)entry.Bytes;
    }

    private sealed class Liveness(LoadedSegment segment)
    {
        private bool[]? _dead;
        private SegmentView? _view;
        private int _chunks = segment.Info.Chunks;
        private long _length = segment.Entries.Sum(entry => entry.Length);

        public void Kill(int entry)
        {
            // Views that were handed out stay as they are.
            _dead = _dead is null ? new bool[segment.Entries.Count] : _view is null ? _dead : [.. _dead];
            _view = null;
            _dead[entry] = true;
            _chunks -= segment.Entries[entry].Chunks;
            _length -= segment.Entries[entry].Length;
        }

        public SegmentView View() => _view ??= new SegmentView(segment, _dead, _chunks, _length);
    }
}
