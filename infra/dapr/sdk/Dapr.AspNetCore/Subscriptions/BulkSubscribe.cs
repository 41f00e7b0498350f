namespace Dapr.AspNetCore;

/// <summary>Asks for the events of a topic in batches.</summary>
public interface IBulkSubscribeMetadata
{
    /// <summary>The most events of a batch.</summary>
    int MaxMessagesCount { get; }

    /// <summary>The longest a batch waits to be filled, in milliseconds.</summary>
    int MaxAwaitDurationMs { get; }

    /// <summary>The topic, which the endpoint has to be subscribed to.</summary>
    string TopicName { get; }
}

/// <summary>Asks for the events of a topic in batches, on the endpoint it stands on.</summary>
/// <param name="topicName">The topic, which the endpoint has to be subscribed to.</param>
/// <param name="maxMessagesCount">The most events of a batch.</param>
/// <param name="maxAwaitDurationMs">The longest a batch waits to be filled, in milliseconds.</param>
[AttributeUsage(AttributeTargets.All, AllowMultiple = true)]
public class BulkSubscribeAttribute(string topicName, int maxMessagesCount, int maxAwaitDurationMs) : Attribute, IBulkSubscribeMetadata
{
    private const int DefaultCount = 100;
    private const int DefaultWait = 1000;

    /// <summary>Waits at most a second for a batch.</summary>
    public BulkSubscribeAttribute(string topicName, int maxMessagesCount) : this(topicName, maxMessagesCount, DefaultWait)
    {
    }

    /// <summary>Takes at most 100 events and waits at most a second for a batch.</summary>
    public BulkSubscribeAttribute(string topicName) : this(topicName, DefaultCount, DefaultWait)
    {
    }

    /// <inheritdoc />
    public int MaxMessagesCount { get; } = maxMessagesCount;

    /// <inheritdoc />
    public int MaxAwaitDurationMs { get; } = maxAwaitDurationMs;

    /// <inheritdoc />
    public string TopicName { get; } = topicName;
}

/// <summary>How an endpoint wants the events of a topic in batches.</summary>
public class BulkSubscribeTopicOptions
{
    /// <summary>The most events of a batch.</summary>
    public int MaxMessagesCount { get; set; } = 100;

    /// <summary>The longest a batch waits to be filled, in milliseconds.</summary>
    public int MaxAwaitDurationMs { get; set; } = 1000;

    /// <summary>The topic, which the endpoint has to be subscribed to; required.</summary>
    public string TopicName { get; set; } = null!;
}
