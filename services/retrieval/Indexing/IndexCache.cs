using System.ComponentModel.DataAnnotations;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Segments;
using Microsoft.Extensions.Options;

namespace Agents.Retrieval.Indexing;

/// <summary>How much memory indexes may take.</summary>
public sealed class IndexOptions
{
    public const string Section = "Index";

    /// <summary>Estimated megabytes of all loaded collections; the least recently used ones go first. Default 512.</summary>
    [Range(16, 1_000_000)]
    public int MemoryMegabytes { get; set; } = 512;
}

/// <summary>The collections that this replica has loaded. One that is larger than the whole budget is still loaded, alone.</summary>
internal sealed class IndexCache(SegmentStore segments, TimeProvider time, IOptions<IndexOptions> options) : IDisposable
{
    private static readonly TimeSpan BetweenTrims = TimeSpan.FromSeconds(1);

    private readonly long _budget = options.Value.MemoryMegabytes * 1024L * 1024;
    private readonly Lock _gate = new();
    private readonly Dictionary<CollectionKey, LinkedListNode<CollectionIndex>> _loaded = [];
    private readonly LinkedList<CollectionIndex> _recentFirst = [];
    private long _trimmed;

    /// <summary>The copy of a collection, empty until it is followed.</summary>
    public CollectionIndex Get(CollectionKey key)
    {
        lock (_gate)
        {
            if (_loaded.TryGetValue(key, out var node))
                _recentFirst.Remove(node);
            else
                _loaded.Add(key, node = new LinkedListNode<CollectionIndex>(new CollectionIndex(key, segments)));
            _recentFirst.AddFirst(node);
            if (time.GetElapsedTime(_trimmed) > BetweenTrims)
                Trim();
            return node.Value;
        }
    }

    /// <summary>The collections that are loaded.</summary>
    public IReadOnlyList<CollectionKey> Loaded()
    {
        lock (_gate)
            return [.. _loaded.Keys];
    }

    public void Dispose()
    {
        foreach (var index in _recentFirst)
            index.Dispose();
    }

    // A copy that goes may still be in use, so it is left to the garbage collector rather than disposed.
    private void Trim()
    {
        // Copies grow after they were handed out, so the sum is taken anew.
        _trimmed = time.GetTimestamp();
        var bytes = _recentFirst.Sum(index => index.Bytes);
        while (bytes > _budget && _recentFirst.Last is { } oldest && oldest != _recentFirst.First)
        {
            bytes -= oldest.Value.Bytes;
            _recentFirst.RemoveLast();
            _loaded.Remove(oldest.Value.Collection);
        }
    }
}
