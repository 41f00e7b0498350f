using System.Net;
using System.Net.Sockets;

namespace Agents.LocalRuntime.Cli;

/// <summary>
/// Ports left out of a run file: free ones below the range from which systems serve outgoing connections (32768 and
/// up), so that no connection takes one between the choice and its use.
/// </summary>
internal static class FreePort
{
    private const int First = 10_000;
    private const int End = 20_000;
    private const int Attempts = 100;

    public static int Next()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(First, End));
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse && attempt < Attempts)
            {
                // Somebody has it.
            }
        }
    }
}
