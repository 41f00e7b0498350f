using Agents.Conformance.Processes;
using Agents.Testing;

namespace Agents.Conformance.Replay;

/// <summary>A running set-up: the runtime as a process, the scripted apps around it.</summary>
internal sealed class Stage : IAsyncDisposable
{
    // The recorder's apps listened here; errors quote the addresses.
    private static readonly Dictionary<string, int> RecordedAppPorts = new() { ["alpha"] = 4101, ["beta"] = 4102, ["gamma"] = 4103 };

    private readonly Workplace _place = new();
    private readonly Dictionary<string, int> _sidecarPorts = [];
    private readonly Dictionary<string, int> _grpcPorts = [];
    private readonly Dictionary<string, TestApp> _apps = [];
    private RuntimeProcess? _runtime;

    private Stage(StageSpec spec) => Spec = spec;

    public StageSpec Spec { get; }

    public ScriptedApps Script { get; } = new();

    public IEnumerable<TestApp> Apps => _apps.Values;

    public static async Task<Stage> StartAsync(StageSpec spec, CancellationToken cancel)
    {
        var stage = new Stage(spec);
        spec.Prepare(stage._place);
        var entries = new List<AppEntry>();
        foreach (var (appId, appName) in spec.Sidecars)
        {
            stage._sidecarPorts[appId] = Ports.Next();
            if (appName is not null) stage._apps[appId] = new(appName, Ports.Next(), stage.Script.AnswerAsync);
            entries.Add(new(appId, stage._apps.GetValueOrDefault(appId)?.Port, stage._sidecarPorts[appId], spec.Extra));
            stage._grpcPorts[appId] = entries[^1].GrpcPort;
        }

        if (spec.StartApps) await stage.StartAppsAsync();
        stage._runtime = await RuntimeProcess.StartAsync(stage._place.RunFile(entries));
        if (spec.StartApps) await stage.WaitUntilReadyAsync(cancel);
        return stage;
    }

    public Uri Address(string appId) => new($"http://127.0.0.1:{_sidecarPorts[appId]}");

    public int GrpcPort(string appId) => _grpcPorts[appId];

    /// <summary>A recorded text with the addresses of this stage's apps.</summary>
    public string Localize(string text)
    {
        foreach (var (appId, app) in _apps)
        {
            if (RecordedAppPorts.TryGetValue(appId, out var recorded))
                text = text.Replace($"127.0.0.1:{recorded}", $"127.0.0.1:{app.Port}", StringComparison.Ordinal);
        }

        return text;
    }

    /// <summary>The port numbers as the recorder saw them, for numbers that stand alone.</summary>
    public int Localize(int port) =>
        RecordedAppPorts.FirstOrDefault(pair => pair.Value == port).Key is { } appId &&
            _apps.TryGetValue(appId, out var app) ? app.Port : port;

    public Task StartAppsAsync() => Task.WhenAll(_apps.Values.Select(app => app.StartAsync()));

    public Task StopAppsAsync() => Task.WhenAll(_apps.Values.Select(app => app.StopAsync()));

    public async Task WaitUntilReadyAsync(CancellationToken cancel)
    {
        using var http = new HttpClient();
        foreach (var appId in _sidecarPorts.Keys)
        {
            await Wait.UntilAsync(
                async () => (await http.GetAsync(new Uri(Address(appId), "/v1.0/healthz"), cancel)).IsSuccessStatusCode, $"{appId} is ready", cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_runtime is not null) await _runtime.DisposeAsync();
        await StopAppsAsync();
        _place.Dispose();
    }
}
