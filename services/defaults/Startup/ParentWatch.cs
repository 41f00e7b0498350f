using System.Diagnostics;
using System.Globalization;

namespace Agents.Defaults.Startup;

/// <summary>Ends the service when the process that started it is gone (<c>AGENTS_PARENT_PID</c>), so that a killed host leaves nothing behind.</summary>
internal sealed class ParentWatch(IConfiguration configuration, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!int.TryParse(configuration["AGENTS_PARENT_PID"], CultureInfo.InvariantCulture, out var pid))
            return;
        try
        {
            using var parent = Process.GetProcessById(pid);
            await parent.WaitForExitAsync(stoppingToken);
        }
        catch (ArgumentException)
        {
            // GetProcessById says so when the process is already gone, which is what we watch for.
        }
        lifetime.StopApplication();
    }
}
