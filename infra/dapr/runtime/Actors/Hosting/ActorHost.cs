using Agents.LocalRuntime.Actors.Schedules;
using Agents.LocalRuntime.Apps;
using Agents.LocalRuntime.Http;
using Agents.LocalRuntime.Resiliency;
using Agents.LocalRuntime.State;

namespace Agents.LocalRuntime.Actors.Hosting;

/// <summary>What an app answered to an actor call.</summary>
internal sealed record ActorAnswer(int Status, IReadOnlyList<KeyValuePair<string, string[]>> Headers, byte[] Body);

/// <summary>One sidecar as a home of actors, and as a caller of them.</summary>
internal sealed partial class ActorHost : IDisposable
{
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(5);

    private readonly AppChannel? _app;
    private readonly ActorConfigReader? _reader;
    private readonly TimeProvider _time;
    private readonly ILogger<ActorHost> _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _changing = new();
    private readonly HashSet<ActorKey> _owed = [];
    private Task _following = Task.CompletedTask;
    private bool _greeted;

    public ActorHost(ActorSystem system, AppSpec spec, AppChannel? app, ComponentSet components, Policies policies, TimeProvider time, ILoggerFactory logs)
    {
        (Spec, _app, Policies, _time) = (spec, app, policies, time);
        Network = system.Network(spec.Variable("NAMESPACE") is { Length: > 0 } given ? given : "default");
        Store = components.States.Values.FirstOrDefault(state => state.IsActorStore);
        Reminders = Store is null ? null : system.Reminders(Store.Store.Database);
        AllowsTtl = components.Features.Contains("ActorStateTTL");
        _log = logs.CreateLogger<ActorHost>();
        _reader = app is null ? null : new(app, spec.AppId, logs.CreateLogger<ActorConfigReader>());
        Hash = Placement.Hash($"{spec.AppId} {spec.HttpPort}", 0);
        Network.Add(this);
    }

    public ActorNetwork Network { get; }

    /// <summary>The reminders that lie beside the actors' state; null without a store.</summary>
    public Reminders? Reminders { get; }

    public DateTimeOffset Now => _time.GetUtcNow();

    public AppSpec Spec { get; }

    /// <summary>The app's actor state store, or null.</summary>
    public StateComponent? Store { get; }

    public Policies Policies { get; }

    /// <summary>Feature ActorStateTTL: actor state may expire.</summary>
    public bool AllowsTtl { get; }

    /// <summary>The same in every run, so that actors come back to where they were.</summary>
    public ulong Hash { get; }

    /// <summary>What the app said at its last appearance.</summary>
    public ActorConfig Config { get; private set; } = ActorConfig.None;

    /// <summary>The app is there and well, and may be given actors.</summary>
    public bool IsUp { get; private set; }

    /// <summary>The app was there once; it may have gone, but nothing says that it is unwell.</summary>
    public bool IsKnown => _greeted && !IsClosed && _app is { IsHealthy: true };

    /// <summary>The app's process is not there: nothing it had in memory is left.</summary>
    public bool IsGone => _app is not { IsReachable: true };

    public bool IsClosed { get; private set; }

    /// <summary>No app, or an app that has been there and is not unwell.</summary>
    public bool IsInitialized => _app is null || (_greeted && _app.IsHealthy);

    public bool Hosts(string type) => Config.Settings.ContainsKey(type);

    public ActorSettings Settings(string type) => Config.Settings.GetValueOrDefault(type, ActorSettings.Default);

    public void Start()
    {
        Reminders?.Start();
        if (_app is not null && Network.IsEnabled) _following = Task.Run(() => FollowAsync(_app, _stop.Token));
    }

    /// <summary>Asks the app for its actors; called whenever it may be another process.</summary>
    /// <exception cref="HttpRequestException">The app is not there.</exception>
    public async Task GreetAsync(CancellationToken cancel)
    {
        if (_reader is null) return;
        var config = await _reader.ReadAsync(cancel);
        if (config.Types.Count > 0 && Store is null)
        {
            LogNoStore(_log, Spec.AppId);
            config = ActorConfig.None;
        }

        Config = config;
        _greeted = true;
        if (IsUp) await Network.RearrangeAsync();
    }

    /// <summary>Gives all actors up; those under way get the time that their type's settings name.</summary>
    public async Task LeaveAsync()
    {
        IsClosed = true;
        await _stop.CancelAsync();
        await _following;
        IsUp = false;
        await Network.RearrangeAsync();
    }

    public void Dispose() => _stop.Dispose();

    /// <summary>Waits until the app has been there and is not unwell; daprd, too, keeps callers of actors waiting.</summary>
    public async Task WaitUntilInitializedAsync(CancellationToken cancel)
    {
        while (!IsInitialized && !IsClosed)
        {
            var changed = _app!.Changed;
            if (IsInitialized) return;
            await changed.WaitAsync(cancel);
        }
    }

    /// <summary>Makes one call to the app.</summary>
    /// <exception cref="HttpRequestException">The app is not there or broke the connection.</exception>
    /// <exception cref="BodyTooLargeException">It answered more than max-body-size.</exception>
    public async Task<ActorAnswer> SendAsync(ActorCall call, CancellationToken cancel)
    {
        if (_app is null) throw new HttpRequestException("app channel is not initialized");
        using var slot = await _app.EnterAsync(cancel);
        using var message = call.ToMessage(_app.Address, this);
        using var response = await _app.SendAsync(message, cancel);
        var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .Select(header => KeyValuePair.Create(header.Key, header.Value.ToArray())).ToList();
        return new((int)response.StatusCode, headers, await AppBody.ReadAsync(response, Spec.MaxBodySize, cancel));
    }

    /// <summary>The text by which Go's client reports a call that failed.</summary>
    public string Describe(ActorCall call, HttpRequestException error)
    {
        var reason = AppChannel.IsConnectFailure(error) ? $"dial tcp {_app?.EndPoint.Host}:{_app?.EndPoint.Port}: connect: connection refused" : "EOF";
        return $"Put \"{_app?.Address}/{call.PathAndQuery}\": {reason}";
    }

    /// <summary>Tells the app that an actor is let go. An app that is paused is told when it is back.</summary>
    public async Task DeactivateAsync(ActorKey key)
    {
        if (_app is not { IsReachable: true }) return;
        if (!_app.IsHealthy)
        {
            lock (_owed) _owed.Add(key);
            return;
        }

        using var limit = new CancellationTokenSource(FarewellLimit, _time);
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Delete, $"{_app.Address}/{key.AppPath}") { Content = new ByteArrayContent([]) };
            message.Content.Headers.ContentType = new("application/x-protobuf");
            using var response = await _app.SendAsync(message, limit.Token);
            if ((int)response.StatusCode != 200) LogKept(_log, Spec.AppId, key.Type, (int)response.StatusCode);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            // Gone, or too slow: its process has lost the actor or will have to do without being told.
            LogKept(_log, Spec.AppId, key.Type, 0);
        }
    }

    private async Task FollowAsync(AppChannel app, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var changed = app.Changed;
                await AdaptAsync(app);
                await changed.WaitAsync(cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The sidecar stops.
        }
    }

    /// <summary>A call found that nobody listens; the watch finds it too, but calls do not wait for that.</summary>
    public void NoticeGone()
    {
        lock (_changing)
        {
            if (!IsUp || !IsGone) return;
            IsUp = false;
        }

        Forget();
        _ = Network.RearrangeAsync();
    }

    private async Task AdaptAsync(AppChannel app)
    {
        if (app.IsUp && !IsUp) await PayAsync();
        lock (_changing)
        {
            if (IsUp == app.IsUp) return;
            IsUp = app.IsUp;
        }

        if (IsGone) Forget();

        // Not awaited: actors may need their time to leave, and this host may be back before that.
        _ = Network.RearrangeAsync();
    }

    private void Forget()
    {
        lock (_owed) _owed.Clear();
    }

    /// <summary>Actors that were taken away while the app was paused are gone elsewhere: it must not keep them.</summary>
    private async Task PayAsync()
    {
        ActorKey[] owed;
        lock (_owed)
        {
            owed = [.. _owed];
            _owed.Clear();
        }

        foreach (var key in owed) await DeactivateAsync(key);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "App {AppId} wants to host actors but has no state store with actorStateStore: true")]
    private static partial void LogNoStore(ILogger logger, string appId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "App {AppId} did not confirm that an actor {Type} was let go (status {Status})")]
    private static partial void LogKept(ILogger logger, string appId, string type, int status);
}
