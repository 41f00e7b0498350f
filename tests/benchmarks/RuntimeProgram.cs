using System.Diagnostics;
using System.Globalization;

namespace Agents.Benchmarks;

/// <summary>The local runtime as a process of its own.</summary>
internal static class RuntimeProgram
{
    /// <summary>Starts it on <c>run.yaml</c> of a folder.</summary>
    public static Process Start(string folder)
    {
        var program = Path.GetFullPath(Path.Combine(
            AppContext.BaseDirectory, "..", "..", "Agents.LocalRuntime", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "Agents.LocalRuntime"));
        var start = new ProcessStartInfo(program, ["--run-file", Path.Combine(folder, "run.yaml"), "--parent-pid", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        };
        start.Environment.Remove("DAPR_API_TOKEN");
        var process = Process.Start(start) ?? throw new InvalidOperationException("The runtime did not start.");
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    public static async Task ReadyAsync(int port, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                if ((await http.GetAsync($"http://127.0.0.1:{port}/v1.0/healthz/outbound", cancellationToken)).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20))
            {
                // Not listening yet.
            }
            await Task.Delay(50, cancellationToken);
        }
    }
}
