using Agents.Inference.Deployments;
using Agents.Inference.Providers;
using Agents.Inference.Routing;

namespace Agents.Inference.Resilience;

/// <summary>Where one call has been and where it may go next: the first deployment in order that takes it, there the least loaded upstream.</summary>
internal sealed class Choice(IReadOnlyList<Deployment> candidates)
{
    private readonly List<Deployment> _closed = [];
    private readonly List<Upstream> _tried = [];

    /// <summary>Whether any place is left.</summary>
    public bool HasMore => _closed.Count < candidates.Count;

    /// <summary>Notes a failed attempt.</summary>
    public void Failed(Deployment deployment, Upstream upstream, Repeat repeat)
    {
        _tried.Add(upstream);
        if (repeat == Repeat.Elsewhere)
            _closed.Add(deployment);
    }

    /// <param name="anywhere">Also where it has been before.</param>
    /// <param name="refusal">When nothing takes the call: the shortest wait.</param>
    public bool TryTake(bool anywhere, out (Deployment Deployment, Upstream Upstream) place, out Upstream.Refusal refusal)
    {
        refusal = default;
        foreach (var candidate in candidates)
        {
            if (_closed.Contains(candidate))
                continue;
            // In the end every endpoint has been asked once, most often only the first.
            foreach (var upstream in ByLoad(candidate.Endpoints))
            {
                if (!anywhere && _tried.Contains(upstream))
                    continue;
                if (upstream.TryBegin(out var mine))
                {
                    place = (candidate, upstream);
                    return true;
                }
                if (refusal == default || mine.Wait < refusal.Wait)
                    refusal = mine;
            }
        }
        place = default;
        return false;
    }

    private static IEnumerable<Upstream> ByLoad(IReadOnlyList<Upstream> endpoints)
    {
        if (endpoints.Count == 1)
            return endpoints;
        // Equally loaded ones take turns.
        var start = Random.Shared.Next(endpoints.Count);
        return Enumerable.Range(0, endpoints.Count).Select(n => endpoints[(start + n) % endpoints.Count]).OrderBy(upstream => upstream.InFlight);
    }
}
