namespace Agents.LocalRuntime.PubSub;

/// <summary>A message on its way to a subscriber.</summary>
/// <param name="Id">The broker's number of it; grows with time.</param>
/// <param name="Message">What to deliver.</param>
/// <param name="Attempts">How often all its attempts have failed before.</param>
internal sealed record QueuedMessage(long Id, Message Message, int Attempts);

/// <summary>The messages of a topic that wait for one consumer group.</summary>
internal interface IMessageQueue
{
    /// <summary>Waits for the next message; it belongs to the caller until it is settled.</summary>
    ValueTask<QueuedMessage> TakeAsync(CancellationToken cancel);

    /// <summary>Ends or returns what was taken.</summary>
    /// <param name="message">A taken message.</param>
    /// <param name="verdict">What became of its delivery.</param>
    /// <param name="deadLetterTopic">Where dropped and failed messages go, or empty.</param>
    Task SettleAsync(QueuedMessage message, Verdict verdict, string deadLetterTopic);
}
