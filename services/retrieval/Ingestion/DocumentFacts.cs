using Agents.Contracts;
using Agents.Defaults.Events;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Documents;
using Agents.Retrieval.Indexing;

namespace Agents.Retrieval.Ingestion;

/// <summary>
/// Tells others what became of a document. The ids of the events follow from the record and the ledger, so that telling twice, as after
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

        // A newer revision has told its own version.
        if (await indexes.Get(collection).FoldAsync(fold => fold.Find(record.Id), cancellationToken) is { } known && known.Fact.Revision == record.Revision)
            events.Publish(new KnowledgeChanged(collection.Tenant, record.UpdatedAt, collection.Id, known.Version));
    }
}
