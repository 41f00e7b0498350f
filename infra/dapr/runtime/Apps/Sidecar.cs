using System.Collections.Concurrent;
using Agents.LocalRuntime.Actors.Hosting;
using Agents.LocalRuntime.PubSub;
using Agents.LocalRuntime.Resiliency;
using Agents.LocalRuntime.Workflows;

namespace Agents.LocalRuntime.Apps;

/// <summary>One sidecar: the API of one app (one replica of it) on one port.</summary>
internal sealed class Sidecar : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly SubscriptionManager? _subscriptions;
    private volatile ComponentSet _components;
    private IReadOnlyList<Subscription> _declarative;
    private readonly ILoggerFactory _logs;
    private readonly TimeProvider _time;
    private Task _watching = Task.CompletedTask;

    public Sidecar(
        AppSpec spec, ComponentSet components, Policies policies, IReadOnlyList<Subscription> declarative,
        HttpMessageInvoker client, Backends backends)
    {
        (Spec, _components, Policies, _declarative, _time, _logs) = (spec, components, policies, declarative, backends.Time, backends.Logs);
        Stopping = _stop.Token;
        ApiToken = spec.Variable("DAPR_API_TOKEN") is { Length: > 0 } token ? token : null;
        App = spec.AppPort is { } port ? new AppChannel(spec, port, client) : null;
        Actors = new(backends.Actors, spec, App, components, policies, _time, _logs);
        if (App is not null) _subscriptions = new(spec.AppId, declarative, components.PubSubs, App, _time, _logs);
    }

    public AppSpec Spec { get; }

    public ComponentSet Components => _components;

    public Policies Policies { get; }

    /// <summary>The way to the app, or null for an app without a port.</summary>
    public AppChannel? App { get; }

    /// <summary>This sidecar as a home and a caller of actors.</summary>
    public ActorHost Actors { get; }

    /// <summary>What callers of the API must send, or null.</summary>
    public string? ApiToken { get; }

    /// <summary>The workflows of the app, shared with its other replicas, or null without an actor state store.</summary>
    public WorkflowEngine? Workflows { get; init; }

    /// <summary>Ends what waits in this sidecar.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Values that PUT /v1.0/metadata has added.</summary>
    public ConcurrentDictionary<string, string> Extended { get; } = [];

    public IReadOnlyList<Subscription> Subscriptions => _subscriptions?.Wanted ?? _declarative;

    /// <summary>The app has answered once, or there is none.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Shut down by its API; other sidecars of the process may go on.</summary>
    public bool IsClosed { get; private set; }

    public void Start()
    {
        Actors.Start();
        if (App is null || _subscriptions is null)
        {
            IsReady = true;
            return;
        }

        var reader = new SubscriptionReader(App, Spec.AppId, _time, _logs.CreateLogger<SubscriptionReader>());
        var watch = new AppWatch(App, Spec.HealthCheck, token => GreetAsync(reader, token), _time, _logs.CreateLogger<AppWatch>());
        _watching = Task.Run(() => watch.RunAsync(_stop.Token));
    }

    /// <summary>Goes on with other components and subscriptions; requests and deliveries under way end with those they began with.</summary>
    public async Task ReplaceAsync(ComponentSet components, IReadOnlyList<Subscription> declarative)
    {
        (_components, _declarative) = (components, declarative);
        if (_subscriptions is not null) await _subscriptions.ReplaceAsync(declarative, components.PubSubs);
    }

    /// <summary>Answers no more requests and delivers nothing more.</summary>
    public Task CloseAsync()
    {
        IsClosed = true;
        return StopAsync();
    }

    /// <summary>Ends deliveries, after those under way; requests are still answered, since handlers make some.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        if (_subscriptions is not null) await _subscriptions.DisposeAsync();
        await Actors.LeaveAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Actors.Dispose();
        App?.Dispose();
        _stop.Dispose();
    }

    private async Task GreetAsync(SubscriptionReader reader, CancellationToken cancel)
    {
        await Actors.GreetAsync(cancel);
        await _subscriptions!.ApplyAsync(await reader.ReadAsync(cancel));
        IsReady = true;
    }
}
