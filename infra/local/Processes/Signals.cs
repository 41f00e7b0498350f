using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Agents.Local.Processes;

/// <summary>POSIX signals by number; on Windows a process can only be ended.</summary>
internal static class Signals
{
    private const int NoSuchProcess = 3;

    public static void Terminate(Process process) => Send(process, 15);

    public static void Pause(Process process) => Send(process, OperatingSystem.IsMacOS() ? 17 : 19);

    public static void Resume(Process process) => Send(process, OperatingSystem.IsMacOS() ? 19 : 18);

    private static void Send(Process process, int signal)
    {
        if (OperatingSystem.IsWindows())
        {
            if (signal != 15)
                throw new PlatformNotSupportedException("Windows cannot pause a process.");
            process.Kill();
            return;
        }

        // A process that is gone already needs no signal.
        if (!process.HasExited && Kill(process.Id, signal) != 0 && Marshal.GetLastPInvokeError() is not NoSuchProcess and var error)
            throw new Win32Exception(error);
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
