using System.Globalization;
using Agents.Local.FrontDoor;
using Agents.Local.Processes;
using Agents.Local.Topology;

namespace Agents.Local;

/// <summary>
/// The whole solution on one machine: the local Dapr runtime or a real Dapr, every service of <c>dapr.yaml</c> as processes under
/// supervision, and one front door. Disposing it ends all of them.
/// </summary>
public sealed class LocalHost : IAsyncDisposable
{
    private static readonly TimeSpan DaprGrace = TimeSpan.FromSeconds(5);

    private readonly DataFolder _data;
    private readonly HttpClient _probe;
    private readonly IReadOnlyList<Child> _dapr;
    private readonly IReadOnlyList<Child> _services;
    private FrontDoorServer? _frontDoor;

    private LocalHost(DataFolder data, HttpClient probe, IReadOnlyList<Child> dapr, IReadOnlyList<Child> services, Keys keys)
    {
        _data = data;
        _probe = probe;
        _dapr = dapr;
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

    /// <summary>The local runtime, which plays every sidecar; or placement, scheduler and one daprd per service process.</summary>
    public IReadOnlyList<Child> Dapr => _dapr;

    /// <summary>The process that plays every sidecar.</summary>
    /// <exception cref="InvalidOperationException">With real Dapr there is no such process.</exception>
    public Child Runtime => _dapr is [var runtime] ? runtime : throw new InvalidOperationException("Every service process has a daprd of its own.");

    /// <summary>The service processes, in the order of <c>dapr.yaml</c>.</summary>
    public IReadOnlyList<Child> Services => _services;

    /// <summary>Apps beside the product that have a sidecar.</summary>
    public IReadOnlyList<GuestApp> Guests { get; private init; } = [];

    /// <summary>Starts everything and returns once all of it is ready.</summary>
    /// <exception cref="LocalHostException">Something did not start; nothing is left running.</exception>
    public static async Task<LocalHost> StartAsync(LocalHostOptions options, CancellationToken cancellationToken)
    {
        var root = options.RepositoryRoot ?? Programs.RepositoryRoot();
        var solution = Solution.Read(root, options.Replicas, options.Cluster);
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

    /// <summary>Ends the services first, since they still write through their sidecars, then these.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_frontDoor is not null)
            await _frontDoor.DisposeAsync();
        await Task.WhenAll(_services.Select(service => service.DisposeAsync().AsTask()));
        await Task.WhenAll(_dapr.Select(async child =>
        {
            await child.StopAsync(DaprGrace);
            await child.DisposeAsync();
        }));
        _probe.Dispose();
        _data.Dispose();
    }

    private static LocalHost Create(LocalHostOptions options, string root, Solution solution, Programs programs, DataFolder data)
    {
        var keys = data.Keys(options.ApiKey);
        var tokens = new Dictionary<string, string> { ["DAPR_API_TOKEN"] = keys.DaprApiToken, ["APP_API_TOKEN"] = keys.AppApiToken };
        var components = options.ComponentsFolder ?? (options.Dapr is null ? null : solution.File.ComponentsFolder) ?? Path.Combine(root, "components", "local");
        var self = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var probe = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        Child New(ChildProgram program) => new(program, data.Logs, probe, options.Diagnostics, TimeProvider.System);
        var environment = With(Programs.Environment, options.Environment, tokens);
        var guests = options.Guests.Select(id => new AppProcess(RunApp.Guest(id, data.Path), 0, solution.Ports.Take(), solution.Ports.Take(), solution.Ports.Take())).ToList();
        var dapr = options.Dapr is { } real
            ? new DaprProcesses(real, solution, components, data).All(environment)
            : [LocalRuntime(programs.Named(Programs.Runtime), solution, guests, components, data, environment, ["--parent-pid", self, .. options.RuntimeArguments])];
        var parent = new Dictionary<string, string> { ["AGENTS_PARENT_PID"] = self };
        var services = solution.Processes.Select(process => New(new ChildProgram
        {
            Name = process.Name,
            AppId = process.App.Id,
            Replica = process.Replica,
            FileName = programs.Of(process.App),
            WorkingFolder = process.App.Folder,
            Environment = With(Programs.Environment, options.Environment, solution.EnvironmentOf(process, keys), parent,
                options.ServiceEnvironment(new ServiceProcess(process.Name, process.App.Id, process.DaprHttpPort))),
            AppPort = process.AppPort,
            DaprHttpPort = process.DaprHttpPort,
            ReadyPage = new Uri($"http://127.0.0.1:{process.AppPort}/health/ready"),
        })).ToList();
        return new LocalHost(data, probe, [.. dapr.Select(New)], services, keys)
        {
            Guests = [.. guests.Select(guest => new GuestApp(guest.App.Id, guest.AppPort, guest.DaprHttpPort))],
        };
    }

    private static ChildProgram LocalRuntime(
        string program, Solution solution, IReadOnlyList<AppProcess> guests, string components, DataFolder data, IReadOnlyDictionary<string, string?> environment, string[] arguments)
    {
        var runFile = Path.Combine(data.Path, "run.yaml");
        File.WriteAllText(runFile, solution.File.Resolve([.. solution.Processes, .. guests], components));
        return new ChildProgram
        {
            Name = "runtime",
            FileName = program,
            Arguments = ["--run-file", runFile, .. arguments],
            // Relative paths in components, such as databases, lie in the data folder.
            WorkingFolder = data.Path,
            Environment = environment,
            ReadyLine = "ready",
        };
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
        IReadOnlyList<Child> children = [.. _dapr, .. _services];
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
