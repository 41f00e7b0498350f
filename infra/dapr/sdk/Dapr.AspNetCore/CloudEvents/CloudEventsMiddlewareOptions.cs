namespace Dapr;

/// <summary>How CloudEvents are unwrapped.</summary>
public class CloudEventsMiddlewareOptions
{
    /// <summary>Leaves text data in its JSON quotes.</summary>
    public bool SuppressJsonDecodingOfTextPayloads { get; set; }

    /// <summary>Copies the event's attributes to request headers named <c>Cloudevent.{attribute}</c>.</summary>
    public bool ForwardCloudEventPropertiesAsHeaders { get; set; }

    /// <summary>Copies only these attributes; wins over the excluded ones.</summary>
    public string[]? IncludedCloudEventPropertiesAsHeaders { get; set; }

    /// <summary>Copies all attributes but these.</summary>
    public string[]? ExcludedCloudEventPropertiesFromHeaders { get; set; }
}
