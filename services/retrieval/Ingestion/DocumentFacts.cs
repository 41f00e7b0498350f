using Agents.Contracts;
using Agents.Defaults.Events;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Documents;
using Agents.Retrieval.Indexing;

namespace Agents.Retrieval.Ingestion;

/// <summary>
/// Tells others what became of a document. The ids of the events follow from the record and the manifest, so that telling twice, as after
/// a crash, is one fact.
/// </summary>
internal sealed class DocumentFacts(EventPublisher events, IndexCache indexes)
{
    public async Task AnnounceAsync(CollectionKey collection, DocumentRecord record, CancellationToken cancellationToken)
    {
        if (record.Status == DocumentStatus.Ready)
            events.Publish(new DocumentReady(collection.Tenant, record.UpdatedAt, record.Id, collection.Id, record.Chunks, record.Content));
        else if (record.Status == DocumentStatus.Failed)
            events.Publish(new DocumentFailed(
                collection.Tenant, record.UpdatedAt, record.Id, collection.Id, record.Chunks, record.Content, record.Error ?? "unknown"));

        // Documents that were entered together tell the same version, and a version told twice is one event.
        var version = await indexes.Get(collection).LookAsync((snapshot, _) => snapshot.Manifest.Version, cancellationToken);
        events.Publish(new KnowledgeChanged(collection.Tenant, record.UpdatedAt, collection.Id, version));
    }
}
