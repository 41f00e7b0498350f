namespace Dapr;

/// <summary>Subscribes the endpoint it stands on to a topic.</summary>
[AttributeUsage(AttributeTargets.All, AllowMultiple = true)]
public class TopicAttribute : Attribute, ITopicMetadata, IRawTopicMetadata, IOwnedOriginalTopicMetadata, IDeadLetterTopicMetadata
{
    /// <summary>Subscribes to all events of a topic.</summary>
    public TopicAttribute(string pubsubName, string name, string[]? ownedMetadatas = null, string? metadataSeparator = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(pubsubName);
        ArgumentException.ThrowIfNullOrEmpty(name);
        (PubsubName, Name, OwnedMetadatas, MetadataSeparator) = (pubsubName, name, ownedMetadatas, metadataSeparator);
    }

    /// <summary>Subscribes to all events of a topic, which may carry plain bytes.</summary>
    public TopicAttribute(
        string pubsubName, string name, bool enableRawPayload, string[]? ownedMetadatas = null, string? metadataSeparator = null)
        : this(pubsubName, name, ownedMetadatas, metadataSeparator) =>
        EnableRawPayload = enableRawPayload;

    /// <summary>Subscribes to the events that match, asked in the order of their priorities.</summary>
    public TopicAttribute(
        string pubsubName, string name, string match, int priority, string[]? ownedMetadatas = null, string? metadataSeparator = null)
        : this(pubsubName, name, ownedMetadatas, metadataSeparator) =>
        (Match, Priority) = (match, priority);

    /// <summary>Subscribes to the events that match, on a topic that may carry plain bytes.</summary>
    public TopicAttribute(
        string pubsubName, string name, bool enableRawPayload, string match, int priority, string[]? ownedMetadatas = null,
        string? metadataSeparator = null)
        : this(pubsubName, name, enableRawPayload, ownedMetadatas, metadataSeparator) =>
        (Match, Priority) = (match, priority);

    /// <summary>Subscribes to all events of a topic and names where the unhandled ones go.</summary>
    public TopicAttribute(
        string pubsubName, string name, string? deadLetterTopic, bool enableRawPayload, string[]? ownedMetadatas = null,
        string? metadataSeparator = null)
        : this(pubsubName, name, enableRawPayload, ownedMetadatas, metadataSeparator) =>
        DeadLetterTopic = deadLetterTopic;

    /// <inheritdoc />
    public string Name { get; set; }

    /// <inheritdoc />
    public string PubsubName { get; set; }

    /// <inheritdoc />
    public bool? EnableRawPayload { get; set; }

    /// <inheritdoc />
    public new string? Match { get; set; }

    /// <inheritdoc />
    public int Priority { get; set; }

    /// <inheritdoc />
    public string[]? OwnedMetadatas { get; set; }

    /// <inheritdoc />
    public string? MetadataSeparator { get; set; }

    /// <inheritdoc />
    public string? DeadLetterTopic { get; set; }
}
