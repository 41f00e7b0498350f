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
    private readonly IReadOnlyList<Subscription> _declarative = declarative;
    private readonly ILogger<SubscriptionManager> _log = logs.CreateLogger<SubscriptionManager>();
    private readonly SemaphoreSlim _changing = new(1);
    private readonly List<(Subscription Subscription, IAsyncDisposable Attachment)> _running = [];
    private bool _disposed;

    /// <summary>What the app wants, including what cannot be served.</summary>
    public IReadOnlyList<Subscription> Wanted { get; private set; } = declarative;

    /// <summary>Starts, stops and replaces subscriptions; those that stay the same are not disturbed.</summary>
    public async Task ApplyAsync(IReadOnlyList<Subscription> programmatic)
    {
        await _changing.WaitAsync();
        try
        {
            if (_disposed) return;
            Wanted =
            [
                .. _declarative.Where(item => !programmatic.Any(other => other.PubSubName == item.PubSubName && other.Topic == item.Topic)),
                .. programmatic,
            ];
            foreach (var item in _running.Where(item => !Wanted.Any(item.Subscription.SameAs)).ToList())
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
        if (!components.TryGetValue(subscription.PubSubName, out var component))
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
            _running.Add((subscription, await component.SubscribeAsync(subscription.Topic, subscriber)));
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "App {AppId} subscribes to {PubSub}/{Topic}, but there is no such pubsub component")]
    private static partial void LogUnknown(ILogger logger, string appId, string pubSub, string topic);

    [LoggerMessage(Level = LogLevel.Warning, Message = "App {AppId} may not subscribe to {PubSub}/{Topic} (topic scopes)")]
    private static partial void LogForbidden(ILogger logger, string appId, string pubSub, string topic);
}
