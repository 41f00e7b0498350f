using Dapr.Workflow.Protocol;

namespace Agents.LocalRuntime.Workflows;

/// <summary>
/// Histories of instances that go on, so that a turn need not read them anew. The database holds the truth: whatever is not here is read
/// there. Those not used for the longest time are dropped when there is too much.
/// </summary>
internal sealed class HistoryCache(long limit)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new();
    private long _bytes;

    public IReadOnlyList<HistoryEvent>? Find(long instance)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(instance, out var node)) return null;
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Events;
        }
    }

    /// <summary>Keeps the history as it is after a turn.</summary>
    public void Set(long instance, IReadOnlyList<HistoryEvent> events, long bytes)
    {
        lock (_lock)
        {
            Drop(instance);
            _entries[instance] = _byUse.AddFirst(new Entry(instance, events, bytes));
            _bytes += bytes;
            while (_bytes > limit && _byUse.Last is { } oldest) Drop(oldest.Value.Instance);
        }
    }

    public void Remove(long instance)
    {
        lock (_lock) Drop(instance);
    }

    private void Drop(long instance)
    {
        if (!_entries.Remove(instance, out var node)) return;
        _byUse.Remove(node);
        _bytes -= node.Value.Bytes;
    }

    private sealed record Entry(long Instance, IReadOnlyList<HistoryEvent> Events, long Bytes);
}
