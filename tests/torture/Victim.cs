using System.Diagnostics;

namespace Agents.Torture;

/// <summary>A process that is killed and started again.</summary>
internal sealed class Victim(string name, string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string folder) : IDisposable
{
    private Process? _process;

    public string Name => name;

    public void Start()
    {
        // All programs of the repository are built next to each other.
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var file = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", program, configuration, program));
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("DAPR_API_TOKEN");
        foreach (var (variable, value) in environment) start.Environment[variable] = value;
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public void Kill()
    {
        if (_process is null)
            return;
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    public void Dispose() => Kill();
}
