using Agents.LocalRuntime.Apps;

namespace Agents.LocalRuntime.Invocation;

/// <summary>Finds the replicas of an app by its id, in turn, those that are there first.</summary>
internal sealed class Callees(IEnumerable<Sidecar> sidecars)
{
    private readonly Dictionary<string, Replicas> _apps = sidecars
        .GroupBy(sidecar => sidecar.Spec.AppId)
        .ToDictionary(group => group.Key, group => new Replicas([.. group]));

    /// <param name="appId">An app id, which may carry a namespace after a dot.</param>
    /// <param name="caller">A sidecar calls its own app straight, never another replica.</param>
    /// <returns>The replicas in the order to try them; none for an unknown app.</returns>
    public IReadOnlyList<Sidecar> Find(string appId, Sidecar caller)
    {
        if (!_apps.TryGetValue(appId, out var replicas))
        {
            var dot = appId.LastIndexOf('.');
            if (dot <= 0 || !_apps.TryGetValue(appId[..dot], out replicas)) return [];
        }

        return replicas.AppId == caller.Spec.AppId ? [caller] : replicas.InTurn();
    }

    private sealed class Replicas(Sidecar[] all)
    {
        private uint _next;

        public string AppId => all[0].Spec.AppId;

        public Sidecar[] InTurn()
        {
            if (all.Length == 1) return all;
            var first = Interlocked.Increment(ref _next) % (uint)all.Length;
            var turned = Enumerable.Range(0, all.Length).Select(i => all[(first + i) % all.Length]);
            return [.. turned.OrderBy(sidecar => sidecar.App is { IsUp: true } ? 0 : 1)];
        }
    }
}
