using System.Diagnostics;
using Agents.Defaults.State;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Documents;
using Agents.Retrieval.Indexing;

namespace Agents.Retrieval.Ingestion;

/// <summary>Makes a queued document searchable: text, blocks, passages, segment, fact, record, in this order.</summary>
internal sealed partial class Indexer(
    DocumentRecords documents, UploadStore uploads, IndexCache indexes, RetrievalTelemetry telemetry, TimeProvider time, ILogger<Indexer> logger)
{
    /// <summary>Text that one collection may hold, in bytes of UTF-8: its index must fit a replica's memory.</summary>
    public const long MaxCollectionBytes = 128L * 1024 * 1024;

    /// <summary>Takes the document a step on; whoever else changed the record in the meantime wins, and the caller looks again.</summary>
    public async Task RunAsync(CollectionKey collection, Record<DocumentRecord> found, CancellationToken cancellationToken)
    {
        var record = found.Value;
        if (record.Status == DocumentStatus.Queued)
        {
            // Only to be seen; the record is read again before the work itself.
            await documents.TryWriteAsync(
                collection, record with { Status = DocumentStatus.Indexing, UpdatedAt = time.GetUtcNow() }, found.ETag, cancellationToken);
            return;
        }
        using var activity = RetrievalTelemetry.StartIngest(collection, record);
        var started = time.GetTimestamp();
        if (await uploads.ReadTextAsync(collection, record.Upload, record.TextPages, cancellationToken) is not { } text)
        {
            var now = await documents.GetAsync(collection, record.Id, cancellationToken);
            if (now?.Value.Upload == record.Upload && now.Value.IsOpen)
                throw new InvalidOperationException($"The text of {record.Id} is not there.");
            return;
        }
        var (segment, error) = await BuildAsync(collection, record, text, cancellationToken);
        if (error is null)
            await SucceedAsync(collection, found, segment!, cancellationToken);
        else
            await FailAsync(collection, found, error, cancellationToken);
        telemetry.Ingested(time.GetElapsedTime(started), error ?? "ready");
        activity?.SetTag("agents.chunks", segment?.Chunks.Count ?? 0);
        activity?.SetStatus(error is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error, error);
    }

    private async Task<(Segment? Segment, string? Error)> BuildAsync(
        CollectionKey collection, DocumentRecord record, string text, CancellationToken cancellationToken)
    {
        var held = await indexes.Get(collection).FoldAsync(
            fold => fold.Bytes - (fold.Find(record.Id) is { Fact: { Kind: FactKind.Ready } own } ? own.Bytes : 0), cancellationToken);
        if (held + record.Bytes > MaxCollectionBytes)
            return (null, "collection_full");
        var header = new SegmentHeader(record.Title, record.Metadata, record.Principals);
        try
        {
            var segment = SegmentBuilder.Build(record.Id, record.Revision, header, record.ContentType, text);
            return segment.Chunks.Count > 0 ? (segment, null) : (null, "no_text");
        }
        catch (Exception exception)
        {
            // A reader that stumbles over one document must not hold up the queue: the document fails, visibly.
            Unreadable(logger, record.Id, record.ContentType, exception);
            return (null, "unreadable");
        }
    }

    private async Task SucceedAsync(CollectionKey collection, Record<DocumentRecord> found, Segment segment, CancellationToken cancellationToken)
    {
        var record = found.Value;
        var pages = await uploads.WriteSegmentAsync(collection, record.Upload, segment, cancellationToken);
        await indexes.Get(collection).RecordAsync(
            new Fact(FactKind.Ready, record.Id, record.Revision, record.Upload, pages, record.Bytes), cancellationToken);
        var ready = record with
        {
            Status = DocumentStatus.Ready,
            SegmentPages = pages,
            Chunks = segment.Chunks.Count,
            UpdatedAt = time.GetUtcNow(),
        };
        if (!await documents.TryWriteAsync(collection, ready, found.ETag, cancellationToken))
            await DropIfReplacedAsync(collection, record, cancellationToken);
    }

    private async Task FailAsync(CollectionKey collection, Record<DocumentRecord> found, string error, CancellationToken cancellationToken)
    {
        // Passages of the revision before must not go on answering: the new one may have restricted who finds them.
        await indexes.Get(collection).RecordAsync(new Fact(FactKind.Failed, found.Value.Id, found.Value.Revision), cancellationToken);
        await documents.TryWriteAsync(
            collection, found.Value with { Status = DocumentStatus.Failed, Error = error, UpdatedAt = time.GetUtcNow() }, found.ETag, cancellationToken);
    }

    // The segment was written for a revision that is history; whoever made it history may have cleaned up before the segment was there.
    private async Task DropIfReplacedAsync(CollectionKey collection, DocumentRecord record, CancellationToken cancellationToken)
    {
        var now = await documents.GetAsync(collection, record.Id, cancellationToken);
        if (now?.Value.Upload != record.Upload && now?.Value.Superseded.Contains(record.Upload) != true)
            await uploads.RemoveAsync(collection, record.Upload, cancellationToken);
    }

    [LoggerMessage(LogLevel.Error, "Document {Document} of type {ContentType} could not be read")]
    private static partial void Unreadable(ILogger logger, string document, string contentType, Exception exception);
}
