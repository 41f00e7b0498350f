using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Agents.Local.FrontDoor;

/// <summary>One replica of an app, as it is at this moment.</summary>
internal readonly record struct Upstream(Uri Address, bool IsReady);

/// <summary>Orders the replicas of an app for one request: the ready ones in turn, the others as a last resort.</summary>
internal sealed class Upstreams(Func<string, IEnumerable<Upstream>> replicasOf)
{
    private readonly ConcurrentDictionary<string, StrongBox<uint>> _turns = new();

    public IReadOnlyList<Uri> InOrder(string app)
    {
        var turn = Interlocked.Increment(ref _turns.GetOrAdd(app, _ => new StrongBox<uint>()).Value);
        var replicas = replicasOf(app).ToLookup(replica => replica.IsReady, replica => replica.Address);
        var ready = replicas[true].ToArray();
        var first = ready.Length == 0 ? 0 : (int)(turn % ready.Length);
        return [.. ready[first..], .. ready[..first], .. replicas[false]];
    }
}
