using Agents.Defaults.Api;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Ingestion;

namespace Agents.Retrieval.Documents;

/// <summary>Deletes one document: a tombstone first, then everything it guards. What is interrupted is finished by the sweep.</summary>
internal sealed class DocumentRemoval(DocumentRecords documents, OpenWork open, Reconciler reconciler)
{
    /// <summary>False when there is no such document.</summary>
    public async Task<bool> TryDeleteAsync(CollectionKey collection, string id, CancellationToken cancellationToken)
    {
        if (!Ids.IsValid(DocumentRecords.Prefix, id))
            return false;
        var work = new DocumentWork(collection.Tenant, collection.Id, id, null);
        for (var noted = false; ; noted = true)
        {
            var found = await documents.GetAsync(collection, id, cancellationToken);
            if (found is null or { Value: { Status: DocumentStatus.Deleted, Upload: "" } })
                return false;
            if (!noted)
                await open.AddAsync(work, cancellationToken);
            // A tombstone that still names an upload is a removal that was interrupted: it is gone on with.
            if (found.Value.Status == DocumentStatus.Deleted
                || await documents.TryWriteAsync(collection, reconciler.Tombstone(found.Value), found.ETag, cancellationToken))
            {
                await reconciler.HandleAsync(work, cancellationToken);
                return true;
            }
        }
    }
}
