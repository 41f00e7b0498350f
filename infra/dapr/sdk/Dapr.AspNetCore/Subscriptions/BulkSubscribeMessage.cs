namespace Dapr.AspNetCore;

/// <summary>A batch of events, as the sidecar delivers it.</summary>
/// <typeparam name="TValue">What each entry holds: <see cref="BulkMessageModel{TValue}"/>, or the bytes of a raw topic.</typeparam>
public class BulkSubscribeMessage<TValue>
{
    /// <summary>An empty batch, to be filled by the deserialiser.</summary>
    public BulkSubscribeMessage()
    {
    }

    /// <summary>A batch.</summary>
    public BulkSubscribeMessage(List<BulkSubscribeMessageEntry<TValue>> entries, string topic, Dictionary<string, string> metadata) =>
        (Entries, Topic, Metadata) = (entries, topic, metadata);

    /// <summary>The events.</summary>
    public List<BulkSubscribeMessageEntry<TValue>> Entries { get; set; } = null!;

    /// <summary>The topic they come from.</summary>
    public string Topic { get; set; } = null!;

    /// <summary>Metadata of the batch.</summary>
    public Dictionary<string, string> Metadata { get; set; } = null!;
}

/// <summary>One event of a batch.</summary>
public class BulkSubscribeMessageEntry<TValue>
{
    /// <summary>An empty entry, to be filled by the deserialiser.</summary>
    public BulkSubscribeMessageEntry()
    {
    }

    /// <summary>An entry.</summary>
    public BulkSubscribeMessageEntry(string entryId, string contentType, Dictionary<string, string> metadata, TValue eventData) =>
        (EntryId, ContentType, Metadata, Event) = (entryId, contentType, metadata, eventData);

    /// <summary>Names the entry in the answer.</summary>
    public string EntryId { get; set; } = null!;

    /// <summary>The type of <see cref="Event"/>.</summary>
    public string ContentType { get; set; } = null!;

    /// <summary>Metadata of the event.</summary>
    public Dictionary<string, string> Metadata { get; set; } = null!;

    /// <summary>The event.</summary>
    public TValue Event { get; set; } = default!;
}

/// <summary>The CloudEvent an entry of a batch holds.</summary>
public class BulkMessageModel<TValue>
{
    /// <summary>An empty event, to be filled by the deserialiser.</summary>
    public BulkMessageModel()
    {
    }

    /// <summary>An event.</summary>
    public BulkMessageModel(string id, string source, string type, string specversion, string datacontenttype, TValue data) =>
        (Id, Source, Type, Specversion, Datacontenttype, Data) = (id, source, type, specversion, datacontenttype, data);

    /// <summary>The id of the event.</summary>
    public string Id { get; set; } = null!;

    /// <summary>Where it comes from.</summary>
    public string Source { get; set; } = null!;

    /// <summary>What kind of event it is.</summary>
    public string Type { get; set; } = null!;

    /// <summary>The version of CloudEvents.</summary>
    public string Specversion { get; set; } = null!;

    /// <summary>The type of <see cref="Data"/>.</summary>
    public string Datacontenttype { get; set; } = null!;

    /// <summary>The data.</summary>
    public TValue Data { get; set; } = default!;
}
