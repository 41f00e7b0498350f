using System.Collections.Concurrent;

namespace Agents.LocalRuntime.PubSub;

/// <summary>
/// <c>pubsub.sqlite</c>, a type of this runtime only: a durable broker in a database file. What was accepted is
/// delivered at least once to every consumer group the topic has, whenever it comes; a group that is new gets what is
/// retained. A message that fails without a dead letter topic is kept and tried again, and holds up no other.
/// </summary>
internal sealed class SqliteBroker : IBroker, IAsyncDisposable
{
    private static readonly TimeSpan PurgeInterval = TimeSpan.FromMinutes(1);

    private readonly SqliteMessages _messages;
    private readonly TimeSpan _retention;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _logs;
    private readonly SemaphoreSlim _joining = new(1);
    private readonly ConcurrentDictionary<(string Topic, string Group), SqliteQueue> _queues = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _purging;

    public SqliteBroker(SqliteMessages messages, TimeSpan retention, TimeProvider time, ILoggerFactory logs)
    {
        (_messages, _retention, _time, _logs) = (messages, retention, time, logs);
        _purging = Task.Run(PurgeAsync);
    }

    public IReadOnlyList<string> Capabilities { get; } = [];

    public async Task PublishAsync(string topic, IReadOnlyList<Message> messages, CancellationToken cancel)
    {
        if (messages.Count == 0) return;
        await _messages.AddAsync(topic, messages);
        Wake(topic);
    }

    public async Task<IAsyncDisposable> SubscribeAsync(string topic, string group, Subscriber subscriber)
    {
        await _joining.WaitAsync();
        try
        {
            if (!_queues.TryGetValue((topic, group), out var queue))
            {
                var number = await _messages.JoinAsync(topic, group);
                _queues[(topic, group)] = queue = new(
                    _messages, number, (deadTopic, message) => BuryAsync(number, deadTopic, message), _time, _logs.CreateLogger<SqliteQueue>());
            }

            return new Pump(queue, subscriber, _logs.CreateLogger<Pump>());
        }
        finally
        {
            _joining.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _purging;
        foreach (var queue in _queues.Values) await queue.DisposeAsync();
        _stop.Dispose();
        _joining.Dispose();
    }

    private async Task BuryAsync(long group, string topic, QueuedMessage message)
    {
        await _messages.MoveAsync(group, message, topic);
        Wake(topic);
    }

    private void Wake(string topic)
    {
        foreach (var ((queueTopic, _), queue) in _queues)
        {
            if (queueTopic == topic) queue.Wake();
        }
    }

    private async Task PurgeAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(PurgeInterval, _time, _stop.Token);
                await PurgeOnceAsync();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    private async Task PurgeOnceAsync()
    {
        try
        {
            await _messages.PurgeAsync(_retention, _stop.Token);
        }
        catch (Sqlite.SqliteException)
        {
            // A full or locked database: nothing is lost by cleaning up a minute later.
        }
    }
}
