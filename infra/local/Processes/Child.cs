using System.ComponentModel;
using System.Diagnostics;

namespace Agents.Local.Processes;

/// <summary>
/// One supervised process: started again, on the same ports, whenever it ends by itself, and watched for readiness all
/// its life.
/// </summary>
public sealed class Child : IAsyncDisposable
{
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BeforeStop = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(30);

    private ChildProgram _program;
    private readonly Readiness _readiness;
    private readonly LogFile _log;
    private readonly Action<string> _diagnostics;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _firstReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process? _process;
    private CancellationTokenSource? _stopping;
    private Task _supervision = Task.CompletedTask;
    private TimeSpan _grace = Grace;
    private volatile bool _leaving;

    // Its process still counts as ready until its end is noticed, as that of a crashed pod does.
    private volatile bool _killed;

    internal Child(ChildProgram program, string logFolder, HttpClient probe, Action<string> diagnostics, TimeProvider time)
    {
        _program = program;
        _diagnostics = diagnostics;
        _time = time;
        _readiness = new Readiness(program, probe, time);
        _log = new LogFile(Path.Combine(logFolder, program.Name + ".log"));
    }

    /// <summary>Unique, such as <c>conversation-0</c>.</summary>
    public string Name => _program.Name;

    /// <summary>Null for the runtime.</summary>
    public string? AppId => _program.AppId;

    /// <summary>Counted from 0 within its app.</summary>
    public int Replica => _program.Replica;

    /// <summary>The program that runs, or runs next.</summary>
    public string FileName => _program.FileName;

    /// <summary>Where the service listens; null for the runtime.</summary>
    public int? AppPort => _program.AppPort;

    /// <summary>Where its sidecar listens; null for the runtime.</summary>
    public int? DaprHttpPort => _program.DaprHttpPort;

    /// <summary>File of everything it writes.</summary>
    public string LogPath => _log.Path;

    /// <summary>Null while no process runs.</summary>
    public int? ProcessId
    {
        get
        {
            lock (_gate)
                return _process?.Id;
        }
    }

    /// <summary>Whether a process runs, says it is ready, and is not about to be stopped.</summary>
    public bool IsReady => _readiness.IsReady && !_leaving;

    /// <summary>How often supervision has started it again.</summary>
    public int Restarts { get; private set; }

    internal IReadOnlyList<string> LastLines => _log.Tail;

    /// <summary>What the latest readiness check saw, in words.</summary>
    internal string LastSeen => _readiness.LastSeen;

    /// <summary>Completes when the child is ready for the first time; fails if it ends before.</summary>
    internal Task FirstReady => _firstReady.Task;

    /// <summary>Starts it; without effect while it runs.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_stopping is not null)
                return;
            _stopping = new CancellationTokenSource();
            _supervision = SuperviseAsync(_stopping.Token);
        }
    }

    /// <summary>Asks it to end, by force after the grace time (10 s unless told), and leaves it down until the next <see cref="Start"/>.</summary>
    public async Task StopAsync(TimeSpan? gracePeriod = null)
    {
        Task ending;
        CancellationTokenSource? source;
        lock (_gate)
        {
            (source, _stopping, ending) = (_stopping, null, _supervision);
            _grace = gracePeriod ?? Grace;
        }

        if (source is not null)
            await source.CancelAsync();
        await ending;
        source?.Dispose();
    }

    /// <summary>
    /// Replaces the process as a cluster replaces a pod: no new requests, a moment for those on their way, the stop signal, time for what is
    /// under way (30 s at most), and a new process on the same ports. Returns when that is ready.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting only.</param>
    /// <param name="fileName">Another build of the program; null keeps the one that runs.</param>
    /// <param name="settings">Environment that changes with it, and stays.</param>
    public async Task ReplaceAsync(CancellationToken cancellationToken, string? fileName = null, IReadOnlyDictionary<string, string>? settings = null)
    {
        _leaving = true;
        try
        {
            await Task.Delay(BeforeStop, _time, cancellationToken);
            await StopAsync(Drain);
        }
        finally
        {
            _leaving = false;
        }

        var environment = new Dictionary<string, string?>(_program.Environment);
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
            environment[name] = value;
        _program = _program with { FileName = fileName ?? _program.FileName, Environment = environment };
        Start();
        await WaitUntilReadyAsync(cancellationToken);
    }

    /// <summary>Ends the process at once, as a crash would; supervision starts it again.</summary>
    public void Kill() => OnProcess(running =>
    {
        _killed = true;
        running.Kill();
    });

    /// <summary>Freezes the process where it stands; its connections stay open and silent.</summary>
    public void Pause() => OnProcess(Signals.Pause);

    /// <summary>Lets a paused process go on.</summary>
    public void Resume() => OnProcess(Signals.Resume);

    /// <summary>Waits until it is ready, however often it restarts meanwhile.</summary>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        while (!IsReady || _killed)
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, cancellationToken);
    }

    /// <summary>Stops it for good.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _log.Dispose();
    }

    private void OnProcess(Action<Process> act)
    {
        lock (_gate)
        {
            if (_process is { HasExited: false } running)
                act(running);
        }
    }

    private async Task SuperviseAsync(CancellationToken stop)
    {
        var backoff = FirstBackoff;
        while (true)
        {
            var started = _time.GetTimestamp();
            var how = await RunOnceAsync(stop);
            _firstReady.TrySetException(new LocalHostException($"{Name} {how} before it was ready."));
            if (stop.IsCancellationRequested)
                return;
            if (_time.GetElapsedTime(started) >= LongEnough)
                backoff = FirstBackoff;

            _diagnostics($"{Name} {how}; starting it again in {backoff.TotalSeconds:0.#} s (log: {LogPath})");
            try
            {
                await Task.Delay(backoff, _time, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            backoff = backoff * 2 < LongestBackoff ? backoff * 2 : LongestBackoff;
            Restarts++;
        }
    }

    /// <summary>Runs one process to its end and says how it ended.</summary>
    private async Task<string> RunOnceAsync(CancellationToken stop)
    {
        using var running = new Process { StartInfo = StartInfo() };
        running.OutputDataReceived += (_, e) => OnLine(e.Data);
        running.ErrorDataReceived += (_, e) => OnLine(e.Data);
        try
        {
            lock (_gate)
            {
                running.Start();
                _process = running;
                _killed = false;
            }
        }
        catch (Win32Exception e)
        {
            return $"could not be started ({e.Message})";
        }

        running.StandardInput.Close();
        running.BeginOutputReadLine();
        running.BeginErrorReadLine();
        using var ended = new CancellationTokenSource();
        var watch = _readiness.WatchAsync(() => _firstReady.TrySetResult(), ended.Token);
        try
        {
            await running.WaitForExitAsync(stop);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(running);
        }
        finally
        {
            await ended.CancelAsync();
            await watch;
            lock (_gate)
                _process = null;
        }

        return $"ended with code {running.ExitCode}";
    }

    private async Task EndAsync(Process running)
    {
        Signals.Terminate(running);
        if (!OperatingSystem.IsWindows())
            Signals.Resume(running);
        using var patience = new CancellationTokenSource(_grace, _time);
        try
        {
            await running.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            running.Kill(entireProcessTree: true);
            await running.WaitForExitAsync(CancellationToken.None);
        }
    }

    private void OnLine(string? line)
    {
        if (line is null)
            return;
        _log.Write(line);
        _readiness.OnLine(line);
    }

    private ProcessStartInfo StartInfo()
    {
        var info = new ProcessStartInfo(_program.FileName, _program.Arguments)
        {
            WorkingDirectory = _program.WorkingFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in _program.Environment)
            info.Environment[name] = value;
        return info;
    }
}
