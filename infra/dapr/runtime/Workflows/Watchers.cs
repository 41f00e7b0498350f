using System.Threading.Channels;
using Dapr.Workflow.Protocol;

namespace Agents.LocalRuntime.Workflows;

/// <summary>Those who wait for an instance to change. Only the newest state counts for them.</summary>
internal sealed class Watchers
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<Watch>> _watches = [];

    /// <summary>Begins to watch; disposing it ends that.</summary>
    public Watch Begin(string instanceId)
    {
        var watch = new Watch(this, instanceId);
        lock (_lock)
        {
            if (!_watches.TryGetValue(instanceId, out var all)) _watches[instanceId] = all = [];
            all.Add(watch);
        }

        return watch;
    }

    public void Tell(WorkflowState state)
    {
        lock (_lock)
        {
            foreach (var watch in _watches.GetValueOrDefault(state.InstanceId) ?? []) watch.Tell(state);
        }
    }

    private void End(Watch watch, string instanceId)
    {
        lock (_lock)
        {
            var all = _watches[instanceId];
            all.Remove(watch);
            if (all.Count == 0) _watches.Remove(instanceId);
        }
    }

    /// <summary>One who waits.</summary>
    internal sealed class Watch(Watchers owner, string instanceId) : IDisposable
    {
        private readonly Channel<WorkflowState> _news =
            Channel.CreateBounded<WorkflowState>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

        public ValueTask<WorkflowState> NextAsync(CancellationToken cancel) => _news.Reader.ReadAsync(cancel);

        public void Tell(WorkflowState state) => _news.Writer.TryWrite(state);

        public void Dispose() => owner.End(this, instanceId);
    }
}
