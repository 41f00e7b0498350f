using System.Net;
using System.Net.Sockets;

namespace Agents.LocalRuntime.Cli;

/// <summary>Ports left out of a run file are chosen by the operating system.</summary>
internal static class FreePort
{
    public static int Next()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
