using System.Diagnostics.CodeAnalysis;

namespace Agents.LocalRuntime.PubSub;

/// <summary>
/// Moves messages from a queue to one subscriber, as many at a time as the subscriber takes. Pumps of several
/// replicas share a queue; a pump whose app is away takes nothing.
/// </summary>
internal sealed partial class Pump : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly IMessageQueue _queue;
    private readonly Subscriber _subscriber;
    private readonly ILogger<Pump> _log;
    private readonly SemaphoreSlim _slots;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly Task _loop;

    public Pump(IMessageQueue queue, Subscriber subscriber, ILogger<Pump> log)
    {
        _queue = queue;
        _subscriber = subscriber;
        _log = log;
        _slots = new(subscriber.Concurrency);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Takes nothing more, waits for what is under way, then breaks it off.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _abort.CancelAfter(Grace);
        for (var i = 0; i < _subscriber.Concurrency; i++) await _slots.WaitAsync();
        _slots.Dispose();
        _stop.Dispose();
        _abort.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await _subscriber.WaitUntilReadyAsync(_stop.Token);
                await _slots.WaitAsync(_stop.Token);
                var batch = await TakeOrReleaseAsync();
                _ = HandleAsync(batch);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    private async Task<List<QueuedMessage>> TakeOrReleaseAsync()
    {
        try
        {
            return await TakeAsync();
        }
        catch
        {
            _slots.Release();
            throw;
        }
    }

    private async Task<List<QueuedMessage>> TakeAsync()
    {
        var batch = new List<QueuedMessage> { await _queue.TakeAsync(_stop.Token) };
        if (_subscriber.Subscription.Bulk is not { } bulk) return batch;
        using var time = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        time.CancelAfter(bulk.Await);
        try
        {
            while (batch.Count < bulk.Count) batch.Add(await _queue.TakeAsync(time.Token));
        }
        catch (OperationCanceledException)
        {
            // The time is over (or the pump stops): what has come is the batch.
        }

        return batch;
    }

    [SuppressMessage("Design", "CA1031", Justification = "A failure must not end the pump; the message comes again.")]
    private async Task HandleAsync(List<QueuedMessage> batch)
    {
        try
        {
            var verdicts = await DeliverAsync(batch);
            await Task.WhenAll(batch.Zip(verdicts, (message, verdict) => _queue.SettleAsync(message, verdict, _subscriber.Subscription.DeadLetterTopic)));
        }
        catch (OperationCanceledException) when (_abort.IsCancellationRequested)
        {
            // Broken off at the end of the grace time: unsettled, so it comes again after the next start.
        }
        catch (Exception error)
        {
            LogUnsettled(_log, _subscriber.Subscription.PubSubName, _subscriber.Subscription.Topic, error);
            foreach (var message in batch) await _queue.SettleAsync(message, Verdict.Failed, "");
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<Verdict[]> DeliverAsync(List<QueuedMessage> batch)
    {
        // The app may have gone while this pump waited for a message: another replica may take it.
        if (!_subscriber.IsReady) return [.. batch.Select(_ => Verdict.Unreachable)];
        return _subscriber.Subscription.Bulk is null
            ? [await _subscriber.DeliverAsync(batch[0].Message, _abort.Token)]
            : await _subscriber.DeliverBulkAsync([.. batch.Select(item => item.Message)], _abort.Token);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A message of {PubSub}/{Topic} could not be settled and comes again")]
    private static partial void LogUnsettled(ILogger logger, string pubSub, string topic, Exception error);
}
