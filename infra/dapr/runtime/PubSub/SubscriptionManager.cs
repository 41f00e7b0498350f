using Agents.LocalRuntime.Apps;

namespace Agents.LocalRuntime.PubSub;

/// <summary>
/// Keeps one sidecar's running subscriptions equal to what its files and its app say. A programmatic subscription
/// replaces a declarative one for the same topic.
/// </summary>
internal sealed partial class SubscriptionManager(
    string appId,
    IReadOnlyList<Subscription> declarative,
    IReadOnlyDictionary<string, PubSubComponent> components,
    AppChannel app,
    TimeProvider time,
    ILoggerFactory logs) : IAsyncDisposable
{
    private IReadOnlyList<Subscription> _declarative = declarative;
    private IReadOnlyDictionary<string, PubSubComponent> _components = components;
    private IReadOnlyList<Subscription> _programmatic = [];
    private readonly ILogger<SubscriptionManager> _log = logs.CreateLogger<SubscriptionManager>();
    private readonly SemaphoreSlim _changing = new(1);
    private readonly List<(Subscription Subscription, PubSubComponent Component, IAsyncDisposable Attachment)> _running = [];
    private bool _disposed;

    /// <summary>What the app wants, including what cannot be served.</summary>
    public IReadOnlyList<Subscription> Wanted { get; private set; } = declarative;

    /// <summary>What the app says itself.</summary>
    public Task ApplyAsync(IReadOnlyList<Subscription> programmatic) => ChangeAsync(() => _programmatic = programmatic);

    /// <summary>What the files say, which may bring other components.</summary>
    public Task ReplaceAsync(IReadOnlyList<Subscription> declarative, IReadOnlyDictionary<string, PubSubComponent> components) =>
        ChangeAsync(() => (_declarative, _components) = (declarative, components));

    /// <summary>Starts, stops and replaces subscriptions; those that stay the same are not disturbed.</summary>
    private async Task ChangeAsync(Action change)
    {
        await _changing.WaitAsync();
        try
        {
            if (_disposed) return;
            change();
            Wanted =
            [
                .. _declarative.Where(item => !_programmatic.Any(other => other.PubSubName == item.PubSubName && other.Topic == item.Topic)),
                .. _programmatic,
            ];
            foreach (var item in _running.Where(item => !Wanted.Any(item.Subscription.SameAs) || _components.GetValueOrDefault(item.Component.Name) != item.Component).ToList())
            {
                _running.Remove(item);
                await item.Attachment.DisposeAsync();
            }

            foreach (var subscription in Wanted.Where(item => !_running.Any(other => other.Subscription.SameAs(item))))
                await StartAsync(subscription);
        }
        finally
        {
            _changing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _changing.WaitAsync();
        _disposed = true;
        await Task.WhenAll(_running.Select(item => item.Attachment.DisposeAsync().AsTask()));
        _running.Clear();
        _changing.Release();
    }

    private async Task StartAsync(Subscription subscription)
    {
        if (!_components.TryGetValue(subscription.PubSubName, out var component))
        {
            LogUnknown(_log, appId, subscription.PubSubName, subscription.Topic);
        }
        else if (!component.Scopes.MaySubscribe(subscription.Topic))
        {
            LogForbidden(_log, appId, subscription.PubSubName, subscription.Topic);
        }
        else
        {
            var subscriber = new Subscriber(subscription, component, app, time, logs.CreateLogger<Subscriber>());
            _running.Add((subscription, component, await component.SubscribeAsync(subscription.Topic, subscriber)));
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "App {AppId} subscribes to {PubSub}/{Topic}, but there is no such pubsub component")]
    private static partial void LogUnknown(ILogger logger, string appId, string pubSub, string topic);

    [LoggerMessage(Level = LogLevel.Warning, Message = "App {AppId} may not subscribe to {PubSub}/{Topic} (topic scopes)")]
    private static partial void LogForbidden(ILogger logger, string appId, string pubSub, string topic);
}
