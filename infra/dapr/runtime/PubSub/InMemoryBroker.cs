using System.Collections.Immutable;
using System.Threading.Channels;

namespace Agents.LocalRuntime.PubSub;

/// <summary>
/// <c>pubsub.in-memory</c>: a bus inside one sidecar, as in daprd. Who is not there misses the message, and nothing
/// that failed comes again.
/// </summary>
internal sealed partial class InMemoryBroker(ILoggerFactory logs) : IBroker
{
    private readonly ILogger<InMemoryBroker> _log = logs.CreateLogger<InMemoryBroker>();
    private ImmutableList<Line> _lines = [];
    private long _lastId;

    public IReadOnlyList<string> Capabilities { get; } = ["SUBSCRIBE_WILDCARDS"];

    public Task PublishAsync(string topic, IReadOnlyList<Message> messages, CancellationToken cancel)
    {
        foreach (var line in _lines.Where(line => line.Topic == topic && line.Subscriber.IsReady))
        {
            foreach (var message in messages) line.Messages.Writer.TryWrite(new(Interlocked.Increment(ref _lastId), message, 0));
        }

        return Task.CompletedTask;
    }

    public Task<IAsyncDisposable> SubscribeAsync(string topic, string group, Subscriber subscriber)
    {
        var line = new Line(this, topic, subscriber);
        ImmutableInterlocked.Update(ref _lines, lines => lines.Add(line));
        return Task.FromResult<IAsyncDisposable>(new Attachment(this, line, new Pump(line, subscriber, logs.CreateLogger<Pump>())));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A message of {Topic} is lost: the app did not take it and pubsub.in-memory keeps nothing")]
    private static partial void LogLost(ILogger logger, string topic);

    /// <summary>One subscriber's messages.</summary>
    private sealed class Line(InMemoryBroker broker, string topic, Subscriber subscriber) : IMessageQueue
    {
        public string Topic => topic;

        public Subscriber Subscriber => subscriber;

        public Channel<QueuedMessage> Messages { get; } = Channel.CreateUnbounded<QueuedMessage>();

        public ValueTask<QueuedMessage> TakeAsync(CancellationToken cancel) => Messages.Reader.ReadAsync(cancel);

        public Task SettleAsync(QueuedMessage message, Verdict verdict, string deadLetterTopic)
        {
            if (verdict == Verdict.Done) return Task.CompletedTask;
            if (deadLetterTopic.Length > 0) return broker.PublishAsync(deadLetterTopic, [message.Message], default);
            if (verdict != Verdict.Dropped) LogLost(broker._log, topic);
            return Task.CompletedTask;
        }
    }

    private sealed class Attachment(InMemoryBroker broker, Line line, Pump pump) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            ImmutableInterlocked.Update(ref broker._lines, lines => lines.Remove(line));
            return pump.DisposeAsync();
        }
    }
}
