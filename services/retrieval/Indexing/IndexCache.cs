using System.ComponentModel.DataAnnotations;
using Agents.Defaults.Ledgers;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Documents;
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
internal sealed class IndexCache(LedgerSet ledgers, UploadStore uploads, TimeProvider time, IOptions<IndexOptions> options, ILogger<IndexCache> logger)
    : IDisposable
{
    private static readonly TimeSpan BetweenTrims = TimeSpan.FromSeconds(1);

    private readonly long _budget = options.Value.MemoryMegabytes * 1024L * 1024;
    private readonly Lock _gate = new();
    private readonly Dictionary<CollectionKey, LinkedListNode<CollectionIndex>> _loaded = [];
    private readonly LinkedList<CollectionIndex> _recentFirst = [];
    private long _trimmed;

    /// <summary>The copy of a collection, empty until it is refreshed.</summary>
    public CollectionIndex Get(CollectionKey key)
    {
        lock (_gate)
        {
            if (_loaded.TryGetValue(key, out var node))
                _recentFirst.Remove(node);
            else
                _loaded.Add(key, node = new LinkedListNode<CollectionIndex>(Create(key)));
            _recentFirst.AddFirst(node);
            if (time.GetElapsedTime(_trimmed) > BetweenTrims)
                Trim();
            return node.Value;
        }
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

    private CollectionIndex Create(CollectionKey key) => new(key, ledgers.Get<Fact>(FactsKey(key)), uploads, time, logger);

    internal static string FactsKey(CollectionKey key) => $"facts/{key}";
}
