using Agents.Contracts;
using Agents.Defaults.Api;
using Agents.Defaults.Events;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Documents;
using Agents.Retrieval.Indexing;

namespace Agents.Retrieval.Ingestion;

/// <summary>
/// Tells others what became of a document. The ids of the events follow from the record and the manifest, so that telling twice, as after
/// a crash, is one fact; the work on a document stays open until the broker has what became of it.
/// </summary>
internal sealed class DocumentFacts(EventPublisher events, IndexCache indexes)
{
    public async Task AnnounceAsync(CollectionKey collection, DocumentRecord record, CancellationToken cancellationToken)
    {
        // Documents that were entered together tell the same version, and a version told twice is one event.
        var version = await indexes.Get(collection).LookAsync((snapshot, _) => snapshot.Manifest.Version, cancellationToken);
        events.Publish(new KnowledgeChanged(collection.Tenant, record.UpdatedAt, collection.Id, version));
        await AnnounceEndAsync(collection, record).WaitAsync(cancellationToken);
    }

    private Task AnnounceEndAsync(CollectionKey collection, DocumentRecord record) => record.Status switch
    {
        DocumentStatus.Ready => events.PublishAsync(new DocumentReady(
            collection.Tenant, record.UpdatedAt, record.Id, collection.Id, record.Chunks, record.Content, Lag(record))),
        DocumentStatus.Failed => events.PublishAsync(new DocumentFailed(
            collection.Tenant, record.UpdatedAt, record.Id, collection.Id, record.Chunks, record.Content, record.Error ?? "unknown")),
        _ => Task.CompletedTask,
    };

    private static int? Lag(DocumentRecord record) =>
        Ids.TimeOf(record.Upload) is { } uploaded ? (int)Math.Clamp((record.UpdatedAt - uploaded).TotalMilliseconds, 0, int.MaxValue) : null;
}
