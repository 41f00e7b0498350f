using System.Text;

namespace Agents.LocalRuntime.Actors.Hosting;

/// <summary>
/// Which host an actor belongs to: of the hosts of its type that are up, the one with the highest hash of host and actor
/// (rendezvous hashing, Thaler and Ravishankar 1998). When a host comes or goes, only the actors it gains or loses move.
/// </summary>
internal sealed class Placement
{
    private volatile Table _table = new([], []);
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes at the next change; take it before looking.</summary>
    public Task Changed => _changed.Task;

    /// <summary>Takes the hosts as they are now.</summary>
    public void Update(IReadOnlyList<ActorHost> hosts)
    {
        _table = new(ByType(hosts.Where(host => host.IsUp)), ByType(hosts.Where(host => host.IsKnown)));
        var changed = _changed;
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    /// <summary>The host an actor belongs to, or null when none is up.</summary>
    public ActorHost? Home(ActorKey key) => Highest(_table.Up, key);

    /// <summary>Its home or, when all are gone, the host it belonged to: a call there tells that the app is not there.</summary>
    public ActorHost? Find(ActorKey key) => Home(key) ?? Highest(_table.Known, key);

    /// <summary>Whether a host of the type is up.</summary>
    public bool IsHosted(string type) => _table.Up.ContainsKey(type);

    private static Dictionary<string, ActorHost[]> ByType(IEnumerable<ActorHost> hosts) => hosts
        .SelectMany(host => host.Config.Types.Select(type => (Type: type, Host: host)))
        .GroupBy(item => item.Type)
        .ToDictionary(group => group.Key, group => group.Select(item => item.Host).ToArray());

    private static ActorHost? Highest(Dictionary<string, ActorHost[]> table, ActorKey key)
    {
        if (!table.TryGetValue(key.Type, out var hosts)) return null;
        if (hosts.Length == 1) return hosts[0];
        var actor = Hash(key.Type, Hash(key.Id, 0));
        return hosts.MaxBy(host => Mix(actor ^ host.Hash));
    }

    /// <summary>FNV-1a over the text's UTF-8, then the finaliser of MurmurHash3, so that every bit counts.</summary>
    public static ulong Hash(string text, ulong seed)
    {
        var hash = 14_695_981_039_346_656_037 ^ seed;
        foreach (var value in Encoding.UTF8.GetBytes(text)) hash = (hash ^ value) * 1_099_511_628_211;
        return Mix(hash);
    }

    private static ulong Mix(ulong hash)
    {
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
        return hash ^ (hash >> 33);
    }

    private sealed record Table(Dictionary<string, ActorHost[]> Up, Dictionary<string, ActorHost[]> Known);
}
