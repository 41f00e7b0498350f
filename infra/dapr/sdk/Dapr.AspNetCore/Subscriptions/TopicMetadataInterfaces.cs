namespace Dapr;

/// <summary>Subscribes an endpoint to a topic.</summary>
public interface ITopicMetadata
{
    /// <summary>The topic.</summary>
    string Name { get; }

    /// <summary>The pub/sub component.</summary>
    string PubsubName { get; }

    /// <summary>A CEL expression over the event; without one the endpoint takes what no other one matches.</summary>
    string? Match { get; }

    /// <summary>Lower ones are asked first.</summary>
    int Priority { get; }
}

/// <summary>Says whether the topic carries plain bytes and no CloudEvents.</summary>
public interface IRawTopicMetadata
{
    /// <summary>True if it does.</summary>
    bool? EnableRawPayload { get; }
}

/// <summary>Says where events go that could not be handled.</summary>
public interface IDeadLetterTopicMetadata
{
    /// <summary>A topic of the same component.</summary>
    string? DeadLetterTopic { get; }
}

/// <summary>One value of the subscription's metadata.</summary>
public interface IOriginalTopicMetadata
{
    /// <summary>Which topics it is for: those that own this id, or all of the endpoint when there is none.</summary>
    string? Id { get; }

    /// <summary>The name of the value.</summary>
    string Name { get; }

    /// <summary>The value; several of one name are joined.</summary>
    string Value { get; }
}

/// <summary>Names the metadata values that belong to one topic of an endpoint.</summary>
public interface IOwnedOriginalTopicMetadata
{
    /// <summary>The ids of these values.</summary>
    string[]? OwnedMetadatas { get; }

    /// <summary>What joins several values of one name; a comma when not set.</summary>
    string? MetadataSeparator { get; }
}
