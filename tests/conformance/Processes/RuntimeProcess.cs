using System.Collections.Concurrent;
using System.Diagnostics;

namespace Agents.Conformance.Processes;

/// <summary>The local runtime as a real process.</summary>
internal sealed class RuntimeProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    private readonly ConcurrentQueue<string> _log = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RuntimeProcess(Process process)
    {
        Process = process;
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data == "ready") _ready.TrySetResult();
        };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null) _log.Enqueue(line.Data);
        };
        process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException($"the runtime ended at start: {string.Join('\n', _log)}"));
        process.EnableRaisingEvents = true;
    }

    public Process Process { get; }

    /// <summary>What it wrote to its log so far.</summary>
    public string Log => string.Join('\n', _log);

    /// <summary>Starts it and returns when it serves.</summary>
    public static async Task<RuntimeProcess> StartAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        var runtime = new RuntimeProcess(new Process { StartInfo = StartInfo(arguments, environment, folder) });
        runtime.Process.Start();
        runtime.Process.BeginOutputReadLine();
        runtime.Process.BeginErrorReadLine();
        await runtime._ready.Task.WaitAsync(StartLimit);
        return runtime;
    }

    /// <summary>Runs it to its end, as after a start-up error.</summary>
    public static async Task<(int ExitCode, string Errors)> RunAsync(IEnumerable<string> arguments, CancellationToken cancel)
    {
        using var process = Process.Start(StartInfo(arguments, null, null))!;
        var errors = process.StandardError.ReadToEndAsync(cancel);
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel).WaitAsync(StartLimit, cancel);
        await output;
        return (process.ExitCode, await errors);
    }

    /// <summary>Ends it as a crash does: no handler runs.</summary>
    public async Task KillAsync()
    {
        Process.Kill();
        await Process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited) await KillAsync();
        Process.Dispose();
    }

    private static ProcessStartInfo StartInfo(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment, string? folder)
    {
        var info = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Agents.LocalRuntime"), ["--parent-pid", $"{Environment.ProcessId}", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? AppContext.BaseDirectory,
        };
        foreach (var name in (string[])["DAPR_API_TOKEN", "APP_API_TOKEN", "NAMESPACE", "OTEL_EXPORTER_OTLP_ENDPOINT"])
            info.Environment.Remove(name);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) info.Environment[name] = value;
        return info;
    }
}
