using System.Threading.Channels;
using Agents.Contracts;
using Dapr;
using Dapr.Client;

namespace Agents.Defaults.Events;

/// <summary>
/// Publishes facts in the background, many per call, in order per topic. A broker that is away is waited for. What a full queue (10,000
/// facts) or the end of the process costs of those that nobody waits for is counted and logged, never silent; who must not lose a fact
/// keeps what it follows from until <see cref="PublishAsync"/> has returned.
/// </summary>
public sealed partial class EventPublisher(DaprClient dapr, ServiceIdentity identity, TimeProvider time, ILogger<EventPublisher> logger) : BackgroundService
{
    private const int Capacity = 10_000;
    private const int MaxBatch = 100;
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(5);

    // Ends the gathering when somebody waits.
    private volatile TaskCompletionSource _hurry = New();

    private readonly Channel<Item> _queue = Channel.CreateBounded<Item>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    /// <summary>Queues a fact. Never waits; a full queue drops the fact and logs its type.</summary>
    public void Publish<TEvent>(TEvent fact)
        where TEvent : IEvent
    {
        if (!_queue.Writer.TryWrite(new Item(TEvent.Topic, fact.Tenant, Message(fact), null)))
            Dropped(logger, TEvent.Type);
    }

    /// <summary>Publishes a fact together with others; returns when the broker has it, however long that takes.</summary>
    /// <exception cref="OperationCanceledException">The process ends; nobody knows whether the broker has it.</exception>
    public async Task PublishAsync<TEvent>(TEvent fact)
        where TEvent : IEvent
    {
        var done = New();
        try
        {
            await _queue.Writer.WriteAsync(new Item(TEvent.Topic, fact.Tenant, Message(fact), done), CancellationToken.None);
        }
        catch (ChannelClosedException)
        {
            throw new OperationCanceledException("The process ends.");
        }
        await done.Task;
    }

    /// <summary>
    /// As <see cref="PublishAsync{TEvent}(TEvent)"/>, but returns after two seconds at the latest: a broker that is away keeps no caller
    /// waiting, and the fact goes out when it is back, should this process live until then.
    /// </summary>
    public async Task PublishSoonAsync<TEvent>(TEvent fact, CancellationToken cancellationToken)
        where TEvent : IEvent
    {
        var published = PublishAsync(fact);
        _hurry.TrySetResult();
        await Task.WhenAny(published, Task.Delay(Patience, time, cancellationToken));
    }

    /// <summary>A fact as it travels, for owners who store it before they publish it. Belongs to the current trace.</summary>
    public EventMessage Message<TEvent>(TEvent fact)
        where TEvent : IEvent => EventMessage.From(fact, identity.AppId);

    /// <summary>Publishes facts of one tenant that their owner has stored; returns when the broker has all of them.</summary>
    /// <exception cref="DaprException">The broker did not take all of them: publish them again, ids make that harmless.</exception>
    public async Task PublishNowAsync(string topic, string tenant, IReadOnlyList<EventMessage> messages, CancellationToken cancellationToken)
    {
        var metadata = new Dictionary<string, string> { ["partitionKey"] = tenant };
        var answer = await dapr.BulkPublishEventAsync(Subscriptions.PubSub, topic, messages, metadata, cancellationToken);
        if (answer.FailedEntries.Count > 0)
            throw new DaprException($"The broker refused {answer.FailedEntries.Count} of {messages.Count} events.");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Facts of the last requests still go out after the stop signal, for a limited time.
        using var end = new CancellationTokenSource();
        await using var drain = stoppingToken.Register(() =>
        {
            _queue.Writer.TryComplete();
            end.CancelAfter(DrainTime);
        });
        var batch = new List<Item>();
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            if (!stoppingToken.IsCancellationRequested && _queue.Reader.Count < MaxBatch)
                await Task.WhenAny(_hurry.Task, Task.Delay(Gather, time, CancellationToken.None));
            _hurry = New();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var item))
                batch.Add(item);
            foreach (var group in batch.GroupBy(item => (item.Topic, item.Tenant)))
                await SendAsync(group.Key.Topic, group.Key.Tenant, [.. group], end.Token);
            batch.Clear();
        }
    }

    private async Task SendAsync(string topic, string tenant, IReadOnlyList<Item> items, CancellationToken end)
    {
        var metadata = new Dictionary<string, string> { ["partitionKey"] = tenant };
        for (var attempt = 0; !end.IsCancellationRequested; attempt++)
        {
            try
            {
                var messages = items.Select(item => item.Message).ToList();
                var failed = (await dapr.BulkPublishEventAsync(Subscriptions.PubSub, topic, messages, metadata, end)).FailedEntries
                    .Select(entry => entry.Entry.EventData).ToHashSet();
                foreach (var item in items.Where(item => !failed.Contains(item.Message)))
                    item.Done?.SetResult();
                items = [.. items.Where(item => failed.Contains(item.Message))];
                if (items.Count == 0)
                    return;
            }
            catch (Exception exception) when (exception is DaprException or HttpRequestException)
            {
                // Waited for below: subscribers drop a fact that arrives twice by its id.
                if (attempt == 0)
                    Waiting(logger, topic, items.Count);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                break;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(5_000, 100 << Math.Min(attempt, 6))), time, CancellationToken.None);
        }
        foreach (var item in items)
            item.Done?.SetCanceled(CancellationToken.None);
        Lost(logger, topic, items.Count(item => item.Done is null));
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(LogLevel.Error, "The event queue is full; dropped one {Type}")]
    private static partial void Dropped(ILogger logger, string type);

    [LoggerMessage(LogLevel.Warning, "The broker does not take {Count} events for {Topic}; trying again")]
    private static partial void Waiting(ILogger logger, string topic, int count);

    [LoggerMessage(LogLevel.Error, "Stopped with {Count} events for {Topic} unpublished")]
    private static partial void Lost(ILogger logger, string topic, int count);

    /// <param name="Done">Of who waits until the broker has it.</param>
    private sealed record Item(string Topic, string Tenant, EventMessage Message, TaskCompletionSource? Done);
}
