using System.Globalization;
using Agents.Local.FrontDoor;
using Agents.Local.Processes;
using Agents.Local.Topology;

namespace Agents.Local;

/// <summary>
/// The whole solution on one machine: the local Dapr runtime, every service of <c>dapr.yaml</c> as processes under
/// supervision, and one front door. Disposing it ends all of them.
/// </summary>
public sealed class LocalHost : IAsyncDisposable
{
    private static readonly TimeSpan RuntimeGrace = TimeSpan.FromSeconds(5);

    private readonly DataFolder _data;
    private readonly HttpClient _probe;
    private readonly Child _runtime;
    private readonly IReadOnlyList<Child> _services;
    private FrontDoorServer? _frontDoor;

    private LocalHost(DataFolder data, HttpClient probe, Child runtime, IReadOnlyList<Child> services, Keys keys)
    {
        _data = data;
        _probe = probe;
        _runtime = runtime;
        _services = services;
        ApiKey = keys.ApiKey;
        DaprApiToken = keys.DaprApiToken;
    }

    /// <summary>Where users and their programs talk to: the front door.</summary>
    public Uri Address => _frontDoor?.Address ?? throw new InvalidOperationException("The front door is not open yet.");

    /// <summary>Admin key of tenant <c>default</c>.</summary>
    public string ApiKey { get; }

    /// <summary>What the sidecars expect of whoever calls them.</summary>
    public string DaprApiToken { get; }

    /// <summary>Databases, logs and keys.</summary>
    public string DataPath => _data.Path;

    /// <summary>The process that plays every sidecar.</summary>
    public Child Runtime => _runtime;

    /// <summary>The service processes, in the order of <c>dapr.yaml</c>.</summary>
    public IReadOnlyList<Child> Services => _services;

    /// <summary>Starts everything and returns once all of it is ready.</summary>
    /// <exception cref="LocalHostException">Something did not start; nothing is left running.</exception>
    public static async Task<LocalHost> StartAsync(LocalHostOptions options, CancellationToken cancellationToken)
    {
        var root = options.RepositoryRoot ?? Programs.RepositoryRoot();
        var solution = Solution.Read(root, options.Replicas);
        var programs = Programs.Beside(options.ProgramsFolder);
        var data = DataFolder.Open(options.DataFolder);
        LocalHost host;
        try
        {
            host = Create(options, root, solution, programs, data);
        }
        catch
        {
            data.Dispose();
            throw;
        }

        try
        {
            await host.StartAllAsync(options, cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the services first, since they still write through the runtime, then the runtime.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_frontDoor is not null)
            await _frontDoor.DisposeAsync();
        await Task.WhenAll(_services.Select(service => service.DisposeAsync().AsTask()));
        await _runtime.StopAsync(RuntimeGrace);
        await _runtime.DisposeAsync();
        _probe.Dispose();
        _data.Dispose();
    }

    private static LocalHost Create(LocalHostOptions options, string root, Solution solution, Programs programs, DataFolder data)
    {
        var keys = data.Keys(options.ApiKey);
        var components = options.ComponentsFolder ?? Path.Combine(root, "components", "local");
        var runFile = Path.Combine(data.Path, "run.yaml");
        var tokens = new Dictionary<string, string> { ["DAPR_API_TOKEN"] = keys.DaprApiToken, ["APP_API_TOKEN"] = keys.AppApiToken };
        File.WriteAllText(runFile, solution.File.Resolve(solution.Processes, components));

        var self = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var probe = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        Child New(ChildProgram program) => new(program, data.Logs, probe, options.Diagnostics, TimeProvider.System);
        var runtime = New(new ChildProgram
        {
            Name = "runtime",
            FileName = programs.Named(Programs.Runtime),
            Arguments = ["--run-file", runFile, "--parent-pid", self, .. options.RuntimeArguments],
            // Relative paths in components, such as databases, lie in the data folder.
            WorkingFolder = data.Path,
            Environment = With(Programs.Environment, options.Environment, tokens),
            ReadyLine = "ready",
        });
        var parent = new Dictionary<string, string> { ["AGENTS_PARENT_PID"] = self };
        var services = solution.Processes.Select(process => New(new ChildProgram
        {
            Name = process.Name,
            AppId = process.App.Id,
            Replica = process.Replica,
            FileName = programs.Of(process.App),
            WorkingFolder = process.App.Folder,
            Environment = With(Programs.Environment, options.Environment, solution.EnvironmentOf(process, keys), parent),
            AppPort = process.AppPort,
            DaprHttpPort = process.DaprHttpPort,
            ReadyPage = new Uri($"http://127.0.0.1:{process.AppPort}/health/ready"),
        })).ToList();
        return new LocalHost(data, probe, runtime, services, keys);
    }

    private static Dictionary<string, string?> With(
        IReadOnlyDictionary<string, string?> basis, params ReadOnlySpan<IReadOnlyDictionary<string, string>> more)
    {
        var all = new Dictionary<string, string?>(basis);
        foreach (var variables in more)
        {
            foreach (var (name, value) in variables)
                all[name] = value;
        }

        return all;
    }

    /// <summary>Everything at once: a service waits for its sidecar by itself, the runtime for its apps.</summary>
    private async Task StartAllAsync(LocalHostOptions options, CancellationToken cancellationToken)
    {
        _frontDoor = await FrontDoorServer.StartAsync(options.Port, Upstreams, () => _services.All(service => service.IsReady), cancellationToken);
        IReadOnlyList<Child> children = [_runtime, .. _services];
        foreach (var child in children)
            child.Start();

        var deadline = Task.Delay(options.StartTimeout, cancellationToken);
        var pending = children.ToDictionary(child => child.FirstReady);
        while (pending.Count > 0)
        {
            options.OnProgress?.Invoke(new StartProgress(children.Count - pending.Count, children.Count));
            var done = await Task.WhenAny([.. pending.Keys, deadline]);
            cancellationToken.ThrowIfCancellationRequested();
            if (done == deadline)
                throw Failure(pending.Values.First(), $"not ready after {options.StartTimeout.TotalSeconds:0} s: {pending.Values.First().LastSeen}");
            if (done.IsFaulted)
                throw Failure(pending[done], done.Exception!.InnerException!.Message);
            pending.Remove(done);
        }

        options.OnProgress?.Invoke(new StartProgress(children.Count, children.Count));
    }

    private static LocalHostException Failure(Child child, string why) => new(
        $"{child.Name} did not start: {why}\nLast lines of {child.LogPath}:\n  {string.Join("\n  ", child.LastLines)}");

    private IEnumerable<Upstream> Upstreams(string app) => _services
        .Where(service => service.AppId == app)
        .Select(service => new Upstream(new Uri($"http://127.0.0.1:{service.AppPort}"), service.IsReady));
}
