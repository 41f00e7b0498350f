using Agents.Retrieval.Collections;
using Agents.Retrieval.Documents;
using Agents.Retrieval.Segments;

namespace Agents.Retrieval.Ingestion;

/// <summary>Removes what a deleted collection held, some documents per message, until nothing is left.</summary>
internal sealed class CollectionRemoval(
    CollectionRecords collections, DocumentRecords documents, SegmentStore segments, Reconciler reconciler, OpenWork open, WorkQueue queue)
{
    private const int DocumentsPerMessage = 256;
    private const int AtOnce = 4;

    public async Task HandleAsync(DocumentWork work, CancellationToken cancellationToken)
    {
        if (await collections.FindAsync(work.Key, cancellationToken) is not null)
        {
            // The request that noted this died before it deleted anything.
            await open.RemoveAsync(work with { From = 0 }, cancellationToken);
            return;
        }
        var (ids, last) = await documents.IdsAsync(work.Key, work.From, DocumentsPerMessage, cancellationToken);
        var held = await documents.GetManyAsync(work.Key, ids, cancellationToken);
        await Parallel.ForEachAsync(
            held.Where(document => document.Upload.Length > 0).Select(document => work with { Document = document.Id }),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (document, cancellation) => await reconciler.HandleAsync(document, cancellation));
        if (last)
        {
            await documents.DeleteListAsync(work.Key, cancellationToken);
            await segments.RemoveAllAsync(work.Key, cancellationToken);
            await open.RemoveAsync(DocumentWork.Purge(work.Key), cancellationToken);
            await collections.ForgetAsync(work.Key, cancellationToken);
            await open.RemoveAsync(work, cancellationToken);
        }
        else
        {
            await queue.PublishAsync(work with { From = work.From + ids.Count }, cancellationToken);
        }
    }
}
