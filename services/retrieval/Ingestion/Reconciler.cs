using Agents.Defaults.Errors;
using Agents.Defaults.State;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Documents;
using Agents.Retrieval.Segments;

namespace Agents.Retrieval.Ingestion;

/// <summary>
/// Brings everything about a document in line with its record: indexes what is queued, finishes what is final, removes what was
/// deleted. Each step can be repeated and two replicas may run the same one, so a message may come twice, late, or not at all.
/// </summary>
internal sealed class Reconciler(
    DocumentRecords documents, CollectionRecords collections, UploadStore uploads, OpenWork open, DocumentFacts facts,
    Indexer indexer, TimeProvider time)
{
    private const int MaxAttempts = 16;

    // A request that stages an upload ends long before this; what is left then has no owner.
    private static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(10);

    /// <summary>Does what the record asks for and notes the work as done. An exception means: again later.</summary>
    public async Task HandleAsync(DocumentWork work, CancellationToken cancellationToken)
    {
        var id = work.Document ?? throw new ArgumentException("Work on a whole collection is not for the reconciler.", nameof(work));
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (await documents.GetAsync(work.Key, id, cancellationToken) is not { } found)
            {
                await CloseAbandonedAsync(work, cancellationToken);
                return;
            }
            if (await StepAsync(work, found, cancellationToken))
                return;
        }
        throw new ProblemException(Problem.Conflict("contention", "Others change this document at the same time."));
    }

    /// <summary>One step. True when nothing is left to do; false when the record has changed and must be read again.</summary>
    private async Task<bool> StepAsync(DocumentWork work, Record<DocumentRecord> found, CancellationToken cancellationToken)
    {
        var record = found.Value;
        if (record.Status == DocumentStatus.Deleted)
            return await CleanAsync(work, found, cancellationToken);
        if (await collections.FindAsync(work.Key, cancellationToken) is null)
        {
            await documents.TryWriteAsync(work.Key, Tombstone(record), found.ETag, cancellationToken);
            return false;
        }
        if (record.IsOpen && record.Upload == work.Upload)
        {
            await indexer.RunAsync(work.Key, found, cancellationToken);
            return false;
        }
        if (record.Upload != work.Upload && (work.Upload is null || !record.Superseded.Contains(work.Upload)))
        {
            await CloseAbandonedAsync(work, cancellationToken);
            return true;
        }
        if (!record.IsOpen && !await SettleAsync(work, found, cancellationToken))
            return false;
        await open.RemoveAsync(work, cancellationToken);
        return true;
    }

    /// <summary>The record of a document that is deleted as of now.</summary>
    public DocumentRecord Tombstone(DocumentRecord record) =>
        record with { Status = DocumentStatus.Deleted, Revision = record.Revision + 1, UpdatedAt = time.GetUtcNow() };

    // What a final document replaced goes, and its facts are told; whoever comes later tells them again under the same ids.
    private async Task<bool> SettleAsync(DocumentWork work, Record<DocumentRecord> found, CancellationToken cancellationToken)
    {
        var record = found.Value;
        if (record.Superseded.Count > 0)
            await open.AddAsync(DocumentWork.Purge(work.Key), cancellationToken);
        foreach (var upload in record.Superseded)
        {
            await uploads.RemoveAsync(work.Key, upload, cancellationToken);
            // Its own message may be yet to come; the record will not know it by then.
            await open.RemoveAsync(work with { Upload = upload }, cancellationToken);
        }
        if (record.Superseded.Count > 0
            && !await documents.TryWriteAsync(work.Key, record with { Superseded = [] }, found.ETag, cancellationToken))
        {
            return false;
        }
        if (record.Upload == work.Upload)
            await facts.AnnounceAsync(work.Key, record, cancellationToken);
        return true;
    }

    private async Task<bool> CleanAsync(DocumentWork work, Record<DocumentRecord> found, CancellationToken cancellationToken)
    {
        var record = found.Value;
        if (record.Upload.Length > 0)
        {
            await open.AddAsync(DocumentWork.Purge(work.Key), cancellationToken);
            await indexer.EnterAsync(work.Key, Entry.Removed(record.Id, record.Revision, time.GetUtcNow().ToUnixTimeSeconds()), cancellationToken);
            foreach (var upload in record.Superseded.Append(record.Upload))
                await uploads.RemoveAsync(work.Key, upload, cancellationToken);
            await documents.ReleaseTitleAsync(work.Key, record, cancellationToken);
            await facts.AnnounceAsync(work.Key, record, cancellationToken);
            var empty = record with
            {
                Title = "",
                Metadata = new Dictionary<string, string>(),
                Principals = [],
                Hash = "",
                Upload = "",
                Superseded = [],
            };
            if (!await documents.TryWriteAsync(work.Key, empty, found.ETag, cancellationToken, DocumentRecords.TombstoneKept))
                return false;
        }
        // A deleted document has no use for an upload that was on its way to it.
        if (work.Upload is { } late)
            await uploads.RemoveAsync(work.Key, late, cancellationToken);
        await open.RemoveAsync(work, cancellationToken);
        return true;
    }

    // No record knows this work: its request is still on the way to writing one, or died.
    private async Task CloseAbandonedAsync(DocumentWork work, CancellationToken cancellationToken)
    {
        if (await open.FindAsync(work, cancellationToken) is not { } item || time.GetUtcNow() - item.Since < Abandoned)
            return;
        if (work.Upload is { } upload)
            await uploads.RemoveAsync(work.Key, upload, cancellationToken);
        await open.RemoveAsync(work, cancellationToken);
    }
}
