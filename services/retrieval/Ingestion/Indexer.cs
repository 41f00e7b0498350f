using System.Diagnostics;
using Agents.Defaults.State;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Documents;
using Agents.Retrieval.Embeddings;
using Agents.Retrieval.Extraction;
using Agents.Retrieval.Indexing;
using Agents.Retrieval.Lexical;
using Agents.Retrieval.Segments;

namespace Agents.Retrieval.Ingestion;

/// <summary>Makes a queued document searchable: text, blocks, passages, vectors, index, record, in this order.</summary>
internal sealed partial class Indexer(
    DocumentRecords documents, CollectionRecords collections, UploadStore uploads, IndexCache indexes, Committer committer, Embedder embedder,
    RetrievalTelemetry telemetry, TimeProvider time, ILogger<Indexer> logger) : IDisposable
{
    /// <summary>Text that one collection may hold, in bytes of UTF-8: its index must fit a replica's memory.</summary>
    public const long MaxCollectionBytes = 512L * 1024 * 1024;

    /// <summary>How long making passages of one document may take.</summary>
    public static readonly TimeSpan ReadingLimit = TimeSpan.FromSeconds(30);

    // A longer document would wait for its vectors for many seconds; it is found by its words at once, and upkeep embeds it.
    private const int MaxEmbeddedAtOnce = 256;

    // Reading is computing: more at once than there are processors only takes memory.
    private readonly SemaphoreSlim _slots = new(Math.Max(2, Environment.ProcessorCount));

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
        using var coming = committer.Announce(collection);
        var started = time.GetTimestamp();
        if (await uploads.ReadTextAsync(collection, record.Upload, record.TextPages, cancellationToken) is not { } text)
        {
            var now = await documents.GetAsync(collection, record.Id, cancellationToken);
            if (now?.Value.Upload == record.Upload && now.Value.IsOpen)
                throw new InvalidOperationException($"The text of {record.Id} is not there.");
            return;
        }
        var (prepared, error) = await PrepareAsync(collection, record, text, cancellationToken);
        if (prepared is not null)
            await SucceedAsync(collection, found, prepared, cancellationToken);
        else
            await FailAsync(collection, found, error!, cancellationToken);
        telemetry.Ingested(time.GetElapsedTime(started), error ?? "ready");
        activity?.SetTag("agents.chunks", prepared?.Chunks.Count ?? 0);
        activity?.SetStatus(error is null ? ActivityStatusCode.Ok : ActivityStatusCode.Error, error);
    }

    /// <summary>Enters an entry without passages.</summary>
    public Task EnterAsync(CollectionKey collection, Entry entry, CancellationToken cancellationToken) =>
        committer.CommitAsync(collection, new PreparedDocument(entry, []), null, cancellationToken);

    public void Dispose() => _slots.Dispose();

    private async Task<(PreparedDocument? Document, string? Error)> PrepareAsync(
        CollectionKey collection, DocumentRecord record, string text, CancellationToken cancellationToken)
    {
        var held = await indexes.Get(collection).LookAsync((_, known) => known.Bytes - (known.Find(record.Id)?.Bytes ?? 0), cancellationToken);
        if (held + record.Bytes > MaxCollectionBytes)
            return (null, "collection_full");
        var language = (await collections.FindAsync(collection, cancellationToken))?.Language ?? Languages.Default;
        var header = new EntryHeader(record.Title, record.Metadata, record.Principals, InstructionScan.IsSuspicious(text));
        IReadOnlyList<PreparedChunk> chunks;
        await _slots.WaitAsync(cancellationToken);
        try
        {
            // Readers take time in proportion to the text; should one not, the document fails and the queue goes on.
            chunks = await Task.Run(() => Preparation.Chunks(header.Title, record.ContentType, text, language), cancellationToken)
                .WaitAsync(ReadingLimit, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return (null, "timeout");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A reader that stumbles over one document must not hold up the queue: the document fails, visibly.
            Unreadable(logger, record.Id, record.ContentType, exception);
            return (null, "unreadable");
        }
        finally
        {
            _slots.Release();
        }
        if (chunks.Count == 0)
            return (null, "no_text");
        if (chunks.Count <= MaxEmbeddedAtOnce && await embedder.EmbedAsync(collection.Tenant, [.. chunks.Select(chunk => Embedder.InputOf(header.Title, chunk.Text))], cancellationToken) is { } vectors)
            chunks = [.. chunks.Zip(vectors, (chunk, vector) => chunk with { Vector = vector })];
        return (Preparation.Document(record.Id, record.Revision, header, record.Bytes, chunks, time.GetUtcNow()), null);
    }

    private async Task SucceedAsync(
        CollectionKey collection, Record<DocumentRecord> found, PreparedDocument prepared, CancellationToken cancellationToken)
    {
        await committer.CommitAsync(collection, prepared, prepared.Chunks[0].Vector is null ? null : embedder.Model, cancellationToken);
        var ready = found.Value with
        {
            Status = DocumentStatus.Ready,
            Chunks = prepared.Chunks.Count,
            Flagged = prepared.Entry.Header!.Flagged,
            UpdatedAt = time.GetUtcNow(),
        };
        await documents.TryWriteAsync(collection, ready, found.ETag, cancellationToken);
    }

    private async Task FailAsync(CollectionKey collection, Record<DocumentRecord> found, string error, CancellationToken cancellationToken)
    {
        // Passages of the revision before must not go on answering: the new one may have restricted who finds them.
        var now = time.GetUtcNow();
        await EnterAsync(collection, Entry.Failed(found.Value.Id, found.Value.Revision, now.ToUnixTimeSeconds()), cancellationToken);
        await documents.TryWriteAsync(
            collection, found.Value with { Status = DocumentStatus.Failed, Error = error, UpdatedAt = now }, found.ETag, cancellationToken);
    }

    [LoggerMessage(LogLevel.Error, "Document {Document} of type {ContentType} could not be read")]
    private static partial void Unreadable(ILogger logger, string document, string contentType, Exception exception);
}
