using System.Net;
using System.Net.Sockets;

namespace Agents.Testing;

/// <summary>
/// Free loopback ports, each given out once per test run. They lie below the range from which systems serve outgoing
/// connections (32768 and up): a port chosen there can be taken before its process listens, or while it restarts.
/// </summary>
public static class Ports
{
    private const int First = 20_000;
    private const int End = 32_000;
    private const int Attempts = 100;

    private static readonly HashSet<int> Given = [];

    /// <summary>A port that nobody listens on.</summary>
    /// <exception cref="SocketException">A hundred tries found none.</exception>
    public static int Next()
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = Random.Shared.Next(First, End);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                lock (Given)
                {
                    if (Given.Add(port))
                        return port;
                }
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse && attempt < Attempts)
            {
                // Somebody has it.
            }
        }
    }
}
