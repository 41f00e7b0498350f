using System.Net.NetworkInformation;

namespace Agents.Local.Topology;

/// <summary>
/// Free loopback ports below the range from which systems serve outgoing connections (32768 and up), so that a port
/// stays free while its process restarts.
/// </summary>
internal sealed class Ports
{
    private const int First = 20_000;
    private const int Last = 32_000;

    private readonly HashSet<int> _taken =
        [.. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(endpoint => endpoint.Port)];

    private int _next = Random.Shared.Next(First, Last);

    public int Take()
    {
        for (var tried = First; tried <= Last; tried++)
        {
            _next = _next == Last ? First : _next + 1;
            if (_taken.Add(_next))
                return _next;
        }

        throw new LocalHostException($"No port from {First} to {Last} is free.");
    }
}
