using System.Diagnostics.CodeAnalysis;

namespace Dapr;

/// <summary>Everything that can be said of a subscription.</summary>
/// <remarks>The official package also has a metadata separator here and ignores it, so it is left out.</remarks>
public class TopicOptions
{
    /// <summary>Values of the subscription's metadata.</summary>
    [SuppressMessage("Design", "CA1051", Justification = "It is a field in the official package.")]
    public IDictionary<string, string>? Metadata;

    /// <summary>The topic; required.</summary>
    public string Name { get; set; } = null!;

    /// <summary>The pub/sub component; required.</summary>
    public string PubsubName { get; set; } = null!;

    /// <summary>Whether the topic carries plain bytes and no CloudEvents.</summary>
    public bool EnableRawPayload { get; set; }

    /// <summary>A CEL expression over the event; without one the endpoint takes what no other one matches.</summary>
    public string? Match { get; set; }

    /// <summary>Lower ones are asked first.</summary>
    public int Priority { get; set; }

    /// <summary>The ids of the metadata values that belong to this topic.</summary>
    public string[]? OwnedMetadatas { get; set; }

    /// <summary>Where events go that could not be handled: a topic of the same component.</summary>
    public string? DeadLetterTopic { get; set; }
}
