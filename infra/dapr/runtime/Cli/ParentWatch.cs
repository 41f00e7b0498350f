using System.ComponentModel;
using System.Diagnostics;

namespace Agents.LocalRuntime.Cli;

/// <summary>Ends the runtime when the process that started it is gone, however that one died.</summary>
internal static class ParentWatch
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    public static async Task WaitForExitAsync(int processId, TimeProvider time, CancellationToken cancel)
    {
        while (IsAlive(processId)) await Task.Delay(Interval, time, cancel);
    }

    private static bool IsAlive(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            // There is no such process.
            return false;
        }
        catch (Win32Exception)
        {
            // It exists but belongs to someone else.
            return true;
        }
    }
}
