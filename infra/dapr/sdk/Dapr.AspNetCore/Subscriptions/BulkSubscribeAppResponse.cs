namespace Dapr.AspNetCore;

/// <summary>What became of each event of a batch; an event that is left out is delivered again.</summary>
/// <param name="statuses">One entry per event.</param>
public class BulkSubscribeAppResponse(List<BulkSubscribeAppResponseEntry> statuses)
{
    /// <summary>One entry per event.</summary>
    public List<BulkSubscribeAppResponseEntry> Statuses { get; } = statuses;
}

/// <summary>What became of one event of a batch.</summary>
/// <param name="entryId">The id the event was delivered with.</param>
/// <param name="status">What became of it.</param>
public class BulkSubscribeAppResponseEntry(string entryId, BulkSubscribeAppResponseStatus status)
{
    /// <summary>The id the event was delivered with.</summary>
    public string EntryId { get; } = entryId;

    /// <summary>The status in capitals, as the sidecar wants it.</summary>
    public string Status { get; } = status.ToString();
}

/// <summary>What the sidecar does with an event.</summary>
public enum BulkSubscribeAppResponseStatus
{
    /// <summary>It was handled.</summary>
    SUCCESS,

    /// <summary>It is delivered again.</summary>
    RETRY,

    /// <summary>It is not delivered again; it goes to the dead-letter topic if there is one.</summary>
    DROP,
}
