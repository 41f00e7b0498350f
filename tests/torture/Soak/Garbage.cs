using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;

namespace Agents.Torture.Soak;

/// <summary>Garbage of other .NET processes.</summary>
internal static class Garbage
{
    /// <summary>
    /// GCHeapCollect of the runtime's event provider: to listen to it makes the process collect all generations, before the session begins.
    /// </summary>
    private const long CollectKeyword = 0x800000;

    private static readonly EventPipeProvider Collect = new("Microsoft-Windows-DotNETRuntime", EventLevel.Informational, CollectKeyword);

    /// <summary>Returns once the process has collected.</summary>
    /// <param name="process">Its id.</param>
    /// <param name="cancellationToken">Ends the wait for one that stands still or ends.</param>
    /// <returns>False if it is not there, or went meanwhile.</returns>
    public static async Task<bool> CollectAsync(int process, CancellationToken cancellationToken)
    {
        try
        {
            using var session = await new DiagnosticsClient(process)
                .StartEventPipeSessionAsync([Collect], requestRundown: false, circularBufferMB: 1, cancellationToken);
            var read = session.EventStream.CopyToAsync(Stream.Null, cancellationToken);
            await session.StopAsync(cancellationToken);
            await read;
            return true;
        }
        catch (Exception exception) when (exception is ServerNotAvailableException or EndOfStreamException or IOException)
        {
            return false;
        }
    }
}
