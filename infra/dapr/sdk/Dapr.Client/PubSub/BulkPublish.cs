namespace Dapr.Client;

/// <summary>One event of a bulk publish.</summary>
/// <param name="entryId">Its position in the list, as text.</param>
/// <param name="eventData">The event as given.</param>
/// <param name="contentType">The content type it was sent with.</param>
/// <param name="metadata">The metadata it was sent with.</param>
public class BulkPublishEntry<TValue>(
    string entryId, TValue eventData, string contentType, IReadOnlyDictionary<string, string>? metadata = null)
{
    /// <summary>Its position in the list, as text.</summary>
    public string EntryId { get; } = entryId;

    /// <summary>The event as given.</summary>
    public TValue EventData { get; } = eventData;

    /// <summary>The content type it was sent with.</summary>
    public string ContentType { get; } = contentType;

    /// <summary>The metadata it was sent with.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; } = metadata;
}

/// <summary>What became of a bulk publish.</summary>
/// <param name="failedEntries">The events that were not published.</param>
public class BulkPublishResponse<TValue>(List<BulkPublishResponseFailedEntry<TValue>> failedEntries)
{
    /// <summary>The events that were not published; empty when all were.</summary>
    public List<BulkPublishResponseFailedEntry<TValue>> FailedEntries { get; } = failedEntries;
}

/// <summary>An event of a bulk publish that was not published.</summary>
/// <param name="entry">The event.</param>
/// <param name="errorMessage">Why.</param>
public class BulkPublishResponseFailedEntry<TValue>(BulkPublishEntry<TValue> entry, string errorMessage)
{
    /// <summary>The event.</summary>
    public BulkPublishEntry<TValue> Entry { get; } = entry;

    /// <summary>Why it was not published.</summary>
    public string ErrorMessage { get; } = errorMessage;
}
