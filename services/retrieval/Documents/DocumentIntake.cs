using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Agents.Defaults.Api;
using Agents.Defaults.Errors;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Ingestion;
using Dapr;

namespace Agents.Retrieval.Documents;

/// <summary>A document as posted, checked.</summary>
internal sealed record NewDocument(
    string Title, string Text, string ContentType, IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<string> Principals)
{
    /// <summary>The same for the same content, whatever the order of metadata and principals.</summary>
    public string Hash()
    {
        var sorted = JsonSerializer.SerializeToUtf8Bytes(new
        {
            Text,
            ContentType,
            Metadata = Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList(),
            Principals = Principals.Order(StringComparer.Ordinal).ToList(),
        });
        return Base64Url.EncodeToString(SHA256.HashData(sorted));
    }
}

/// <summary>
/// Accepts documents. What is accepted is stored, noted as open and queued, in this order, before anybody hears of it; so whichever
/// process dies, the document is either found and indexed or was never promised.
/// </summary>
internal sealed class DocumentIntake(
    DocumentRecords documents, UploadStore uploads, OpenWork open, WorkQueue queue, CollectionCounts counts, Reconciler reconciler, TimeProvider time)
{
    public const int MaxDocuments = 200_000;

    // Each revision that was replaced before it was indexed leaves an upload behind until the newest one is.
    private const int MaxSuperseded = 32;
    private const int MaxAttempts = 16;

    /// <summary>Accepts a document: a new one, a new revision of the one with the same title, or nothing new.</summary>
    /// <exception cref="ProblemException">409 <c>collection_full</c>, 429 backlog, 503 when it could not be queued.</exception>
    public async Task<DocumentAccepted> AcceptAsync(CollectionKey collection, NewDocument posted, CancellationToken cancellationToken)
    {
        var hash = posted.Hash();
        DocumentWork? staged = null;
        var (bytes, pages) = (Encoding.UTF8.GetBytes(posted.Text), 0);
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var id = await documents.IdForAsync(collection, posted.Title, cancellationToken);
            var current = await documents.GetAsync(collection, id, cancellationToken);
            if (current?.Value is { Status: DocumentStatus.Deleted })
                continue;
            if (current?.Value is { } same && same.Hash == hash && same.Status != DocumentStatus.Failed)
            {
                await DiscardAsync(staged, cancellationToken);
                return new DocumentAccepted(id, same.Status);
            }
            if (current is null)
                await CheckSpaceAsync(collection, cancellationToken);
            else if (current.Value.Superseded.Count >= MaxSuperseded)
                throw TooManyReplacements;
            if (staged?.Document != id)
            {
                await DiscardAsync(staged, cancellationToken);
                staged = new DocumentWork(collection.Tenant, collection.Id, id, Ids.New(UploadStore.Prefix));
                await open.AddAsync(staged, cancellationToken);
                pages = await uploads.WriteTextAsync(collection, staged.Upload!, bytes, cancellationToken);
            }
            var next = Revise(current?.Value, id, posted, hash, staged.Upload!, pages, bytes.Length);
            if (!await documents.TryWriteAsync(collection, next, current?.ETag, cancellationToken))
                continue;
            return await QueueAsync(staged, current?.Value, next, cancellationToken);
        }
        throw new ProblemException(Problem.Conflict("contention", "Others change this document at the same time; try again.", TimeSpan.FromSeconds(1)));
    }

    private DocumentRecord Revise(DocumentRecord? current, string id, NewDocument posted, string hash, string upload, int pages, int bytes)
    {
        var now = time.GetUtcNow();
        return new DocumentRecord(
            id, posted.Title, DocumentStatus.Queued, posted.ContentType, posted.Metadata, posted.Principals, hash, (current?.Revision ?? 0) + 1,
            upload, pages, bytes, 0, null, current is null ? [] : [.. current.Superseded, current.Upload], current?.CreatedAt ?? now, now);
    }

    private async Task<DocumentAccepted> QueueAsync(DocumentWork work, DocumentRecord? before, DocumentRecord accepted, CancellationToken cancellationToken)
    {
        try
        {
            await queue.PublishAsync(work, cancellationToken);
            return new DocumentAccepted(accepted.Id, accepted.Status);
        }
        catch (Exception exception) when (exception is DaprException or HttpRequestException or OperationCanceledException)
        {
            // The caller gets no promise, so what was stored is taken back. Should that fail too, the sweep indexes the document later.
            if (await WithdrawAsync(work, before, accepted) is { } further)
                return new DocumentAccepted(accepted.Id, further);
            throw new ProblemException(
                Problem.Unavailable("queue_unavailable", "The document could not be queued for indexing and was not accepted; try again."), exception);
        }
    }

    /// <summary>
    /// Takes back a revision that nobody works on: a new document goes, an earlier revision returns under a higher number, so that a
    /// message which got through all the same can do no harm.
    /// </summary>
    /// <returns>The status when the message got through and the work has begun; null when the revision is taken back.</returns>
    private async Task<DocumentStatus?> WithdrawAsync(DocumentWork work, DocumentRecord? before, DocumentRecord accepted)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), time);
        var current = await documents.GetAsync(work.Key, accepted.Id, limit.Token);
        if (current is null || current.Value.Revision != accepted.Revision)
            return null;
        if (current.Value.Status != DocumentStatus.Queued)
            return current.Value.Status;
        var restored = before is null
            ? accepted with { Status = DocumentStatus.Deleted, Revision = accepted.Revision + 1 }
            : before with { Revision = accepted.Revision + 1, Superseded = [.. before.Superseded, accepted.Upload] };
        if (!await documents.TryWriteAsync(work.Key, restored, current.ETag, limit.Token))
            return (await documents.GetAsync(work.Key, accepted.Id, limit.Token))?.Value.Status;
        await reconciler.HandleAsync(work, limit.Token);
        return null;
    }

    private async Task DiscardAsync(DocumentWork? staged, CancellationToken cancellationToken)
    {
        if (staged is null)
            return;
        await uploads.RemoveAsync(staged.Key, staged.Upload!, cancellationToken);
        await open.RemoveAsync(staged, cancellationToken);
    }

    private async Task CheckSpaceAsync(CollectionKey collection, CancellationToken cancellationToken)
    {
        if (await counts.RoughTotalAsync(collection, cancellationToken) >= MaxDocuments)
            throw new ProblemException(Problem.Conflict("collection_full", $"A collection holds at most {MaxDocuments} documents; use another one."));
    }

    private static ProblemException TooManyReplacements => new(new Problem(
        429, "too_many_replacements", "The document was replaced many times and the newest content is not indexed yet; try again soon.",
        RetryAfter: TimeSpan.FromSeconds(5)));
}
