using System.Collections.Concurrent;
using Agents.Defaults.Errors;
using Agents.Retrieval.Collections;
using Agents.Retrieval.Documents;
using Agents.Retrieval.Indexing;

namespace Agents.Retrieval.Segments;

/// <summary>
/// Enters documents into a collection's index. Those that come at the same time share a segment and one change of the manifest: at most
/// 64 of them, gathered for at most 200 ms and only while others are known to be on their way. Replicas that commit at the same time are
/// put in order by the compare-and-swap of the manifest; an entry that is known already, or whose document was deleted, is dropped.
/// </summary>
internal sealed class Committer(IndexCache indexes, SegmentStore store, DocumentRecords documents, UpkeepQueue upkeep, TimeProvider time)
{
    private const int MaxBatch = 64;
    private const int MaxAttempts = 32;
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentDictionary<CollectionKey, Line> _lines = new();

    /// <summary>Says that a document is about to come, until the result is disposed of: commits wait for it a little.</summary>
    public IDisposable Announce(CollectionKey collection) => new Announcement(_lines.GetOrAdd(collection, _ => new Line()));

    /// <summary>Enters a document, with what comes at the same time. It is found by every search that begins after this.</summary>
    /// <param name="model">The embedding model of its vectors, if it has any.</param>
    /// <exception cref="ProblemException">409 <c>contention</c>.</exception>
    public Task CommitAsync(CollectionKey collection, PreparedDocument document, string? model, CancellationToken cancellationToken)
    {
        var line = _lines.GetOrAdd(collection, _ => new Line());
        var pending = new Pending(document, model);
        lock (line)
        {
            line.Waiting.Add(pending);
            if (!line.Running)
            {
                line.Running = true;
                _ = Task.Run(() => RunAsync(collection, line), CancellationToken.None);
            }
        }
        return pending.Done.Task.WaitAsync(cancellationToken);
    }

    private async Task RunAsync(CollectionKey collection, Line line)
    {
        while (true)
        {
            await GatherAsync(line);
            List<Pending> batch;
            lock (line)
            {
                if (line.Waiting.Count == 0)
                {
                    line.Running = false;
                    return;
                }
                // One segment has vectors of one model.
                batch = [.. line.Waiting.Where(pending => (pending.Model ?? line.Waiting[0].Model) == line.Waiting[0].Model).Take(MaxBatch)];
                line.Waiting.RemoveAll(batch.Contains);
            }
            try
            {
                // A caller who stops waiting must not leave the others of its batch in doubt.
                await WriteAsync(collection, batch, CancellationToken.None);
                batch.ForEach(pending => pending.Done.SetResult());
                upkeep.Add(collection);
            }
            catch (Exception exception)
            {
                // Each waiter learns why; the next batch may fare better.
                batch.ForEach(pending => pending.Done.SetException(exception));
            }
        }
    }

    private async Task GatherAsync(Line line)
    {
        for (var started = time.GetTimestamp(); time.GetElapsedTime(started) < Gather; await Task.Delay(Look, time))
        {
            lock (line)
            {
                if (line.Waiting.Count >= Math.Min(MaxBatch, line.Announced))
                    return;
            }
        }
    }

    private async Task WriteAsync(CollectionKey collection, List<Pending> batch, CancellationToken cancellationToken)
    {
        (SegmentInfo Info, List<PreparedDocument> Documents)? written = null;
        for (var attempt = 0; ; attempt++)
        {
            var (unknown, manifest, etag) = await indexes.Get(collection).FollowAsync(
                (snapshot, known, etag) => (snapshot.Manifest.Deleted ? [] : Unknown(batch, known), snapshot.Manifest, etag), cancellationToken);
            if (written is { } mine && manifest.Names(mine.Info))
                return;
            // What stays behind here is not removed: a change that is still on its way may yet name it.
            if (attempt == MaxAttempts)
                throw new ProblemException(Problem.Conflict("contention", "Too many writers at once; try again.", TimeSpan.FromSeconds(1)));
            var fresh = await WithoutDeletedAsync(collection, unknown, cancellationToken);
            if (written is { } stale && !stale.Documents.SequenceEqual(fresh))
            {
                // The manifest has changed, so that no change of ours can come late.
                await store.RemoveAsync(collection, stale.Info, cancellationToken);
                written = null;
            }
            if (fresh.Count == 0)
                return;
            written ??= (await store.WriteAsync(collection, SegmentBuilder.Build(fresh, batch[0].Model), cancellationToken), fresh);
            var next = manifest with { Version = manifest.Version + 1, Segments = [.. manifest.Segments, written.Value.Info] };
            if (await store.TryWriteManifestAsync(collection, next, etag, cancellationToken))
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 4 << Math.Min(attempt, 5))), time, cancellationToken);
        }
    }

    // The newest of each document, unless that or a newer one is known.
    private static List<PreparedDocument> Unknown(List<Pending> batch, DocumentMap known) =>
        [.. batch.Select(pending => pending.Document)
            .Where(document => known.Find(document.Entry.Document) is not { } entry || entry.Revision < document.Entry.Revision)
            .GroupBy(document => document.Entry.Document).Select(same => same.MaxBy(document => document.Entry.Revision)!)];

    // Read after the manifest: should a document be deleted later than this, its removal changes the manifest under our hands. So a latecomer
    // never enters what was deleted, however late it is, and nobody needs to remember removals for its sake.
    private async Task<List<PreparedDocument>> WithoutDeletedAsync(
        CollectionKey collection, List<PreparedDocument> unknown, CancellationToken cancellationToken)
    {
        // One by one, because a bulk read cannot tell a key that is missing from one that could not be read.
        var enters = await Task.WhenAll(unknown.Select(async document => document.Entry.Kind == EntryKind.Removed
            || await documents.GetAsync(collection, document.Entry.Document, cancellationToken) is { Value.Status: not DocumentStatus.Deleted }));
        return [.. unknown.Where((_, i) => enters[i])];
    }

    private sealed record Pending(PreparedDocument Document, string? Model)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Line
    {
        public List<Pending> Waiting { get; } = [];

        public bool Running { get; set; }

        public int Announced;
    }

    private sealed class Announcement : IDisposable
    {
        private readonly Line _line;

        public Announcement(Line line)
        {
            _line = line;
            Interlocked.Increment(ref line.Announced);
        }

        public void Dispose() => Interlocked.Decrement(ref _line.Announced);
    }
}
