using System.Text.Json.Nodes;
using Agents.Testing;

namespace Agents.Conformance.Processes;

/// <summary>A runtime with apps around it, for one test.</summary>
internal sealed class World : IAsyncDisposable
{
    private readonly List<(AppEntry Entry, TestApp? App)> _apps = [];
    private readonly List<Api> _apis = [];
    private IReadOnlyList<string> _arguments = [];
    private RuntimeProcess? _runtime;

    public Workplace Place { get; } = new();

    public RuntimeProcess Runtime => _runtime ?? throw new InvalidOperationException("not started");

    /// <summary>Adds an app that answers as told; it begins to listen with <see cref="StartAsync"/>.</summary>
    public TestApp AddApp(string appId, Func<AppCall, HttpContext, Task> answer, string extra = "")
    {
        var app = new TestApp(appId, Ports.Next(), answer);
        _apps.Add((new(appId, app.Port, Ports.Next(), extra), app));
        return app;
    }

    /// <summary>Adds an app that only calls.</summary>
    public void AddCaller(string appId, string extra = "") => _apps.Add((new(appId, null, Ports.Next(), extra), null));

    /// <summary>Adds an app that runs elsewhere in the test.</summary>
    public void AddEntry(string appId, int appPort) => _apps.Add((new(appId, appPort, Ports.Next()), null));

    /// <summary>A subscriber: answers GET /dapr/subscribe with these routes and everything else as told.</summary>
    public TestApp AddSubscriber(string appId, JsonArray subscriptions, Func<AppCall, HttpContext, Task> answer, string extra = "") =>
        AddApp(
        appId,
        async (call, http) =>
        {
            if (call.Path == "/dapr/subscribe") await http.Response.WriteAsJsonAsync(subscriptions);
            else if (call.Path == "/dapr/config") http.Response.StatusCode = 404;
            else await answer(call, http);
        },
        extra);

    public static JsonObject Subscription(string topic, string route, string pubsub = "pubsub") =>
        new() { ["pubsubname"] = pubsub, ["topic"] = topic, ["route"] = route };

    public void AddSqlite()
    {
        Place.AddComponent("store", "state.sqlite", ("connectionString", Place.PathTo("state.db")), ("actorStateStore", "true"));
        Place.AddComponent("pubsub", "pubsub.sqlite", ("connectionString", Place.PathTo("messages.db")));
    }

    /// <summary>Starts the apps, then the runtime, and waits until all sidecars are ready.</summary>
    public async Task StartAsync(CancellationToken cancel, bool startApps = true, params IEnumerable<string> arguments)
    {
        foreach (var (_, app) in _apps.Where(_ => startApps))
        {
            if (app is not null) await app.StartAsync();
        }

        _arguments = [.. Place.RunFile(_apps.Select(item => item.Entry)), .. arguments];
        await StartRuntimeAsync(cancel, waitForApps: startApps);
    }

    /// <summary>Starts the runtime again after it was killed.</summary>
    public async Task StartRuntimeAsync(CancellationToken cancel, bool waitForApps = true)
    {
        if (_runtime is not null) await _runtime.DisposeAsync();
        _runtime = await RuntimeProcess.StartAsync(_arguments, folder: Place.Folder);
        for (var i = 0; i < _apps.Count && waitForApps; i++) await Api(i).WaitUntilReadyAsync(cancel);
    }

    /// <summary>A client of the sidecar that was added as number <paramref name="index"/>.</summary>
    public Api Api(int index = 0)
    {
        var api = new Api(_apps[index].Entry.HttpPort);
        _apis.Add(api);
        return api;
    }

    /// <summary>The gRPC port of the sidecar that was added as number <paramref name="index"/>.</summary>
    public int GrpcPort(int index = 0) => _apps[index].Entry.GrpcPort;

    public async ValueTask DisposeAsync()
    {
        if (_runtime is not null) await _runtime.DisposeAsync();
        foreach (var api in _apis) api.Dispose();
        foreach (var (_, app) in _apps)
        {
            if (app is not null) await app.DisposeAsync();
        }

        Place.Dispose();
    }
}
