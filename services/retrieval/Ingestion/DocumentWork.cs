using Agents.Contracts;
using Agents.Defaults.Events;
using Agents.Retrieval.Collections;
using Dapr.Client;

namespace Agents.Retrieval.Ingestion;

/// <summary>A message to ourselves: bring the index in line with the document's record. Says nothing that the record does not.</summary>
/// <param name="Document">Absent when a whole collection is to be removed or purged.</param>
/// <param name="Upload">The upload to be indexed; absent for a removal.</param>
/// <param name="From">Where to go on in the list of documents, when a collection is removed.</param>
internal sealed record DocumentWork(string Tenant, string Collection, string? Document, string? Upload, int From = 0)
{
    public CollectionKey Key => new(Tenant, Collection);

    /// <summary>Whether segments are to be rid of what was replaced or deleted.</summary>
    public bool IsPurge => Document is null && Upload is not null;

    /// <summary>The same one item for all that happens in a collection, so that deleting much does not fill the queue.</summary>
    public static DocumentWork Purge(CollectionKey collection) => new(collection.Tenant, collection.Id, null, collection.Id);
}

/// <summary>The topic between accepting and indexing.</summary>
internal sealed class WorkQueue(DaprClient dapr)
{
    public Task PublishAsync(DocumentWork work, CancellationToken cancellationToken) => dapr.PublishEventAsync(
        Subscriptions.PubSub, Topics.DocumentIngest, work, new Dictionary<string, string> { ["partitionKey"] = work.Tenant }, cancellationToken);
}
